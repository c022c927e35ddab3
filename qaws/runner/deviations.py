"""Closes that a target declares to be other than the specification's.

The source plan fixes neither code nor words of these. A scenario that demands such a close is held
against the declaration instead: what the service does otherwise than its team says is *failed*. But
what it does as they say is no pass either: the scenario is *not verified*, as a DEVIATION.
"""

from __future__ import annotations

import re

from behave.model import Scenario

from qaws.sut.target import Target


def declared(scenario: Scenario, target: Target) -> list[str]:
    """Put what a target declares into the steps of a scenario that demand such a close.

    Returns:
        A sentence for each declaration that it rests on, for the reason of its verdict.
    """
    sentences = []
    for words, deviation in target.deviations.items():
        demanded = re.compile(
            rf'code (?P<code>\d+) and (?P<how>a reason containing|the reason) "{re.escape(words)}"'
        )
        for step in scenario.steps:
            found = demanded.search(step.name)
            if not found:
                continue
            code, reason = deviation.code or int(found["code"]), deviation.reason or words
            said = f'code {code} and {found["how"]} "{reason}"'
            step.name = step.name[: found.start()] + said + step.name[found.end() :]
            sentences.append(
                f'DEVIATION, as {target.file} declares it: a close with {code} "{reason}" in '
                f'place of {found["code"]} "{words}"'
            )
    return list(dict.fromkeys(sentences))


def in_words(target: Target) -> list[str]:
    """Return what a target declares, a sentence each, for the sheet."""
    return [
        f'"{words}": closed with '
        + " and ".join(
            part
            for part in (
                deviation.code and f"code {deviation.code}",
                deviation.reason and f'the reason "{deviation.reason}"',
            )
            if part
        )
        for words, deviation in target.deviations.items()
    ]
