"""What of a storm is the harness's or the machine's affair (QA-WS-020).

Whether the crowd came as fast as its table of phases says, and what kept those who waited in vain.
"""

from __future__ import annotations

from collections.abc import Iterator

from qaws.behaviours.storm_profile import StormProfile
from qaws.load.churn.storm import CHURN, LULL, STORM, StormReport
from qaws.measure.cpu_wait import Waits
from qaws.measure.interference import Cause, Disturbance, explains, waited_for_cpu
from qaws.measure.pace import KEPT, Pace
from qaws.testbed.testbed import Testbed

WELCOME_MS = 2000.0
"""Who waits for longer than a welcome may take, all the rest of it for the machine, shows nothing.
"""


def held_up(report: StormReport, waited: Waits, from_s: float, until_s: float) -> str | None:
    """Say that one may owe it to the machine that it waited in vain; None where it does not.

    A service that has been kept from running since ticks began to flow is behind with these: who
    comes then waits for that too, and not only for what happens while it waits.
    """
    start_ms, end_ms = from_s * 1e3, until_s * 1e3
    for_ms = end_ms - start_ms
    stalled = Disturbance("their process stalled for up to", report.stalls)
    waited_ms = sum(length for end, length in waited.stalls.spans if end <= end_ms)
    causes = [
        Cause(stalled.words, stalled.within_ms(start_ms, end_ms, for_ms)),
        waited_for_cpu(min(waited_ms, for_ms)),
    ]
    return explains(causes, for_ms, WELCOME_MS)


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
