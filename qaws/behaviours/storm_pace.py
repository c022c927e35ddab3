"""What of a storm is the harness's or the machine's affair (QA-WS-020).

Whether the crowd came as fast as its table of phases says.
"""

from __future__ import annotations

from collections.abc import Iterator

from qaws.behaviours.storm_profile import StormProfile
from qaws.load.churn.storm import CHURN, LULL, STORM, StormReport
from qaws.measure.pace import KEPT, Pace
from qaws.testbed.testbed import Testbed


def judge(testbed: Testbed, report: StormReport, profile: StormProfile) -> None:
    """Record for each phase how many connections a second the crowd has begun.

    A phase that was slower was none of which the scenario speaks, so that it cannot pass; what the
    service did wrong all the same is told first.
    """
    for phase, pace in paces(report, profile):
        with testbed.scenario.told_last():
            testbed.scenario.checks.at_least(
                f"connections that the crowd began in the {phase} "
                f"({pace.sent:,} in {pace.lasted_s:.2f} s)",
                pace.kept_per_s,
                KEPT * pace.per_second,
                "per second",
                "that is how fast the harness dialled: run it again on a quieter machine",
            )


def paces(report: StormReport, profile: StormProfile) -> Iterator[tuple[str, Pace]]:
    """Yield each phase in which somebody was to come, and when the connections were begun.

    Of newcomers that come in twos, as there is one place more than was given back, one counts.
    """
    due = {
        STORM: profile.clients / profile.within_s,
        CHURN: profile.churn_per_s,
        LULL: float(profile.lull_come),
    }
    for phase, per_second in due.items():
        began = {each.due_s: each.began_s for each in report.attempts if each.phase == phase}
        times = [*began.values(), *(report.resets_s if phase == STORM else [])]
        if per_second:
            yield phase, Pace(per_second, [(at_s, 1) for at_s in sorted(times)])
