"""What may be said of a run with behave's -D, and what it says."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass

from qaws import places
from qaws.runner.order import seed_of
from qaws.runner.record import ACCEPT_UNVERIFIED
from qaws.verdict import Broken

STOP_AFTER, FORMER_STOP_AFTER = "stop_after_expected_failure", "enough"
ANY_ID = "*"
FIRST_LOOK, LAST_LOOK = "first_look", "last_look"
SETTINGS = ("target", "swarm", "order", ACCEPT_UNVERIFIED, STOP_AFTER, FIRST_LOOK, LAST_LOOK)
"""What may be said with -D. `order` is the seed of a shuffled order. The last three are for proofs.
{id: words} or {id: [words, words]}: once a scenario or row of that id has failed in one of those
words, the further ones of that id are left out; "*" stands for each id that is not named.
`first_look=no`: the target is known to be the service's, and what is wrong with
that is known too. `last_look=no`: only what the scenarios say counts, not how the run ended."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was said.

    Attributes:
        target: the target file.
        userdata: all that was said, also of the target's own sections.
        swarm: where load comes from.
        order: the seed of a shuffled order; None: that of the files.
        expected: id, or ANY_ID, → words; what fails in one of them need not be asked any more.
        looks: whether target file and service are looked at before any scenario.
        looks_back: whether it is seen, behind the last one, that the services are alive.
    """

    target: str
    userdata: Mapping[str, str]
    swarm: str
    order: int | None
    expected: Mapping[str, tuple[str, ...]]
    looks: bool
    looks_back: bool


def chosen_in(said: Mapping[str, str]) -> Chosen:
    """Return what behave's userdata says.

    Raises:
        Broken: there is no such setting, or no such value.
    """
    userdata = {key: text for key, text in said.items() if not key.startswith("behave.")}
    unknown = [k for k in userdata if "." not in k and k not in (*SETTINGS, FORMER_STOP_AFTER)]
    if unknown:
        known = ", ".join((*SETTINGS, "SECTION.KEY"))
        raise Broken(f"-D {unknown[0]}=…: no such setting; known are {known}")
    target = userdata.get("target") or os.environ.get("QAWS_TARGET")
    return Chosen(
        target=target or str(places.default_target()),
        userdata=userdata,
        swarm=userdata.get("swarm", "local"),
        order=seed_of(userdata["order"]) if "order" in userdata else None,
        expected=_expected(userdata),
        looks=userdata.get(FIRST_LOOK) != "no",
        looks_back=userdata.get(LAST_LOOK) != "no",
    )


def _expected(userdata: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    name = FORMER_STOP_AFTER if FORMER_STOP_AFTER in userdata else STOP_AFTER
    try:
        said = json.loads(userdata.get(name, "{}"))
        return {each: _words(words) for each, words in said.items()}
    except (ValueError, AttributeError) as problem:
        why = f'must be like {{"QA-WS-002": "words"}} ({problem})'
        raise Broken(f"-D {name}=…: {why}") from None


def _words(said: object) -> tuple[str, ...]:
    """Return words, or a list of them, as a tuple."""
    words = said if isinstance(said, list) else [said]
    if wrong := [each for each in words if not isinstance(each, str)]:
        raise ValueError(f"{wrong[0]!r} are no words")
    return tuple(words)
