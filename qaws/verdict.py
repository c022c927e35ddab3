"""Verdicts: what was checked, what was measured, what was allowed, and what follows.

Four ways in which a scenario is not passed, kept apart on purpose:

* `Refuted` - the service did not do what the scenario says. The scenario *failed*.
* `Inconclusive` - nothing can be told, mostly because the machine was too busy.
* `Broken` - target, broker or service could not be used; nothing was tested.
* `NotVerified` - what the scenario is about was gone when it mattered, or cannot be seen here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal, NoReturn

SHORTLY_MS = 50.0
"""An end that comes so much too early may go unseen in a stall; less than that decides nothing."""

SEEING_MS = 10.0
"""A harness that runs for so many milliseconds has read everything that was there."""

Outcome = Literal["met", "not met", "inconclusive"]


_TOKEN = re.compile(r"eyJ[\w-]{8,}(?:\.[\w-]*){0,4}")
"""A JWT or the beginning of one, wherever it stands: '{"' in base64 is eyJ."""


_HIDDEN: set[str] = set()
SHORT_CHARS = 8
"""A secret of fewer characters is not looked for: it could be part of any word."""


def hidden(secret: str) -> str:
    """Return a token that a service has given, which no sentence of a verdict is to show."""
    if len(secret) >= SHORT_CHARS and not _TOKEN.fullmatch(secret):
        _HIDDEN.add(secret)
    return secret


def without_tokens(text: str) -> str:
    """Return a text in which something else stands in the place of each token."""
    for secret in tuple(_HIDDEN):
        text = text.replace(secret, "(a token)")
    return _TOKEN.sub("(a token)", text)


_UNREADABLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
    r"\ufeff\ufffe\uffff]"
)
"""What no XML document can hold (XML 1.0, section 2.2), what a reader would not see, and what has
text stand in another order than it was said in."""


def readable(text: str) -> str:
    """Return a text in which control characters and halves of characters are spelled out.

    A service may say anything; one such character in a message, and no reader can parse the JUnit
    file of its feature.
    """
    return _UNREADABLE.sub(lambda found: ascii(found[0])[1:-1], text)


class Refuted(AssertionError):
    """The service did not do what the scenario says. A token in the sentence is left out."""

    def __init__(self, sentence: str) -> None:
        super().__init__(readable(without_tokens(sentence)))


class Inconclusive(Exception):
    """The harness stood still while it measured; the message says for how long."""

    def __init__(self, sentence: str) -> None:
        super().__init__(readable(f"INCONCLUSIVE: {sentence}"))


class Broken(Exception):
    """Something that the suite needs could not be used: one line with thing, value, way out."""

    def __init__(self, sentence: str) -> None:
        super().__init__(readable(sentence))


class NotVerified(Exception):
    """A precondition did not hold at the instant that counts: nothing was shown either way."""

    def __init__(self, sentence: str) -> None:
        super().__init__(readable(without_tokens(sentence)))


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked, in words that a reviewer can hold against the evidence."""

    what: str
    measured: str
    allowed: str
    verdict: Outcome

    def __post_init__(self) -> None:
        """Spell out what a service has said and nobody could read."""
        for name in ("what", "measured", "allowed"):
            object.__setattr__(self, name, readable(getattr(self, name)))


def no_stall(_start_ns: int, _end_ns: int) -> float:
    """Return 0.0: the stall to assume where no meter runs."""
    return 0.0


def no_wait(_start_ns: int, _end_ns: int) -> Mapping[str, float]:
    """Return that nobody was kept from running: what to assume where nobody is watched."""
    return {}


SECONDS_FROM_MS = 10_000.0
"""From here on a time is said in seconds, as features say it."""


def bound_words(ms: float) -> str:
    """Return a bound in words: "5000 ms", "60 s"."""
    return f"{ms:g} ms" if abs(ms) < SECONDS_FROM_MS else f"{ms / 1000:g} s"


def time_words(ms: float, bound_ms: float | None = None, digits: int = 1) -> str:
    """Return a time that was measured in words: "212.3 ms", "185.7 s".

    Args:
        ms: the time.
        bound_ms: what it is held against, from which it must be told apart.
        digits: of a number of milliseconds.
    """
    if not SECONDS_FROM_MS <= abs(ms) < math.inf:
        return f"{ms:.{digits}f} ms"
    is_near = bound_ms is not None and abs(ms - bound_ms) < 100.0
    return f"{ms / 1000:.{3 if is_near else 1}f} s"


def _held_up(stalled_ms: float, waited_ms: Mapping[str, float]) -> str:
    """Say for how long whom the machine held up."""
    still = f"the harness itself stood still for {time_words(stalled_ms, digits=0)} of that"
    waits = [f"{who} waited {time_words(ms, digits=0)} for a CPU" for who, ms in waited_ms.items()]
    what = [still, *waits] if stalled_ms or not waits else waits
    return f"{' and '.join(what)}; run it again on a quieter machine"


def _figure_words(measured: float, allowed: float, unit: str) -> tuple[str, str]:
    if unit == "ms":
        return time_words(measured, allowed), bound_words(allowed)
    return f"{measured:.1f} {unit}", f"{allowed:g} {unit}"


@dataclass(slots=True)
class Checks:
    """The checks of one scenario, in order; a check that is not met is recorded, then raised.

    `stalled_ms` tells for how many milliseconds the harness stood still between two instants
    (`time.monotonic_ns`), and `waited_ms` who else was kept from running by others, and for how
    many. A bound that is broken only because of these is not the service's fault, and nobody can
    say that it was kept either: such a check is inconclusive.
    """

    stalled_ms: Callable[[int, int], float] = no_stall
    waited_ms: Callable[[int, int], Mapping[str, float]] = no_wait
    done: list[Check] = field(default_factory=list)

    def require(self, ok: bool, what: str, measured: str, allowed: str, sentence: str = "") -> None:
        """Record a check that no stall can spoil; raise `Refuted` unless `ok`."""
        measured, allowed = without_tokens(measured), without_tokens(allowed)
        self.done.append(Check(what, measured, allowed, "met" if ok else "not met"))
        if not ok:
            raise Refuted(
                without_tokens(sentence) or f"{what}: measured {measured}, allowed {allowed}"
            )

    def at_most_ms(self, what: str, start_ns: int, end_ns: int, allowed_ms: float) -> None:
        """Require that what began at `start_ns` ended at `end_ns`, at most `allowed_ms` later."""
        took = (end_ns - start_ns) / 1e6
        measured, allowed = time_words(took, allowed_ms), f"at most {bound_words(allowed_ms)}"
        if doubt := self.explained(took - allowed_ms, start_ns, end_ns):
            self.undecided(what, measured, allowed, doubt)
        self.require(took <= allowed_ms, what, measured, allowed)

    def never(
        self, what: str, start_ns: int, end_ns: int, allowed_ms: float, seen: str
    ) -> NoReturn:
        """Record that something due within `allowed_ms` had not come when the wait ended.

        It is never met, also where the wait ended before the bound: then the connection is over, so
        that nothing can come any more; that is told, and not how short the wait was.

        Args:
            what: the thing that was awaited.
            start_ns: when the wait began.
            end_ns: when the wait was given up.
            allowed_ms: the bound.
            seen: what came instead, in words.

        Raises:
            Refuted: always, but for
            Inconclusive: the machine was busy for what was waited beyond the bound.
        """
        waited = (end_ns - start_ns) / 1e6
        seen = without_tokens(seen)
        passed = time_words(waited, allowed_ms, digits=0)
        until = f"in {passed}"
        if waited <= allowed_ms:
            until = f"before the end of the connection, {passed} on"
        measured, allowed = f"nothing {until} ({seen})", f"at most {bound_words(allowed_ms)}"
        if doubt := self.explained(waited - allowed_ms, start_ns, end_ns):
            self.undecided(what, measured, allowed, doubt)
        self.done.append(Check(what, measured, allowed, "not met"))
        raise Refuted(f"{what}: measured {measured}, allowed {allowed}")

    def not_before_ms(self, what: str, start_ns: int, end_ns: int, allowed_ms: float) -> None:
        """Require that `end_ns` is at least `allowed_ms` after `start_ns`.

        A stall makes an instant look later than it was, so it can hide an early end: where taking
        the stall off would cross the bound, the check is inconclusive. A harness that ran shortly
        before the bound, or between the bound and the end, would have seen an early end then: such
        a stall hides nothing.
        """
        took = (end_ns - start_ns) / 1e6
        stalled = self.stalled_ms(end_ns - int(1e9), end_ns)
        bound_ns = start_ns + int(allowed_ms * 1e6)
        blind_ms = self.stalled_ms(bound_ns - int(SHORTLY_MS * 1e6), bound_ns)
        saw_ms = (end_ns - bound_ns) / 1e6 - self.stalled_ms(bound_ns, end_ns)
        hidden = blind_ms >= 0.8 * SHORTLY_MS and saw_ms < SEEING_MS
        measured, allowed = time_words(took, allowed_ms), f"not before {bound_words(allowed_ms)}"
        if took >= allowed_ms and took - stalled < allowed_ms and hidden:
            self.undecided(what, measured, allowed, _held_up(stalled, {}))
        self.require(took >= allowed_ms, what, measured, allowed)

    def below(
        self, what: str, measured: float, allowed: float, unit: str, doubt: str | None = None
    ) -> None:
        """Require a figure of a load test to be below a bound.

        Args:
            what: the figure.
            measured: its value in `unit`.
            allowed: the bound.
            unit: "ms", "s", "MB", ….
            doubt: why a broken bound could be the harness's doing; None when it cannot.

        Raises:
            Refuted: it is not below, and there is no doubt.
            Inconclusive: it is not below, but there is a doubt.
        """
        seen, bound = _figure_words(measured, allowed, unit)
        self._figure(measured < allowed, what, seen, f"less than {bound}", doubt)

    def at_most(
        self, what: str, measured: float, allowed: float, unit: str, doubt: str | None = None
    ) -> None:
        """Require the same, where a figure that equals the bound keeps it."""
        seen, bound = _figure_words(measured, allowed, unit)
        self._figure(measured <= allowed, what, seen, f"at most {bound}", doubt)

    def at_least(
        self, what: str, measured: float, allowed: float, unit: str, doubt: str | None = None
    ) -> None:
        """Require the contrary: a figure that reaches a bound."""
        bound = f"at least {allowed:,g} {unit}"
        self._figure(measured >= allowed, what, f"{measured:,.0f} {unit}", bound, doubt)

    def _figure(self, ok: bool, what: str, measured: str, allowed: str, doubt: str | None) -> None:
        if not ok and doubt:
            self.undecided(what, measured, allowed, doubt)
        self.require(ok, what, measured, allowed)

    def undecided(self, what: str, measured: str, allowed: str, doubt: str) -> NoReturn:
        """Record a check of which nothing follows, and raise `Inconclusive`, with the reason."""
        self.done.append(Check(what, measured, allowed, "inconclusive"))
        raise Inconclusive(f"{what}: measured {measured}, allowed {allowed}, but {doubt}")

    def explained(self, beyond_ms: float, start_ns: int, end_ns: int) -> str:
        """Say how a busy machine explains so much time beyond a bound; "" where it does not."""
        stalled = self.stalled_ms(start_ns, end_ns)
        if 0 < beyond_ms <= stalled:
            return _held_up(stalled, {})
        waited = self.waited_ms(start_ns, end_ns) if beyond_ms > 0 else {}
        if 0 < beyond_ms <= stalled + sum(waited.values()):
            return _held_up(stalled, waited)
        return ""

    def as_dicts(self) -> list[dict[str, str]]:
        """Return the checks as plain mappings with the keys what, measured, allowed, verdict."""
        return [asdict(check) for check in self.done]
