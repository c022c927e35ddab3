"""Draws random sequences, plays them, and shortens the first that goes wrong.

The same seed draws the same sequences. These functions block, on the main thread, because a play
may take longer than any step that waits for an answer.
"""

from __future__ import annotations

import random
import time
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from qaws.behaviours.sequence_model import (
    SAMPLES,
    SELECTIONS,
    Command,
    Counterexample,
    ModelRunner,
    Ping,
    Reconnect,
    Subscribe,
    Tick,
    Unsubscribe,
    simplified,
)
from qaws.protocol.market import Sample, Selection
from qaws.testbed.stash import Key
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, Refuted

SHORTENING_S = 15.0
"""How long a sequence that went wrong may be shortened."""

SHORTENING_PATIENCE_S = 0.25
"""How long something may take to come while a sequence is shortened; the result is played again
with the scenario's own timeout_factor."""

TRIES = 2
"""How often a shorter sequence is played before it counts as going well: some faults need a tick
that comes in a certain millisecond."""

LAST_TRIES = 6
"""How often the shortest is played before it is given up for the first that was found."""

LIMIT_S = 60.0
"""When a sequence is given up, so that nothing can hang a run."""

ENDINGS = ("a clean close", "an abrupt reset")

T = TypeVar("T")


def draw(
    chance: random.Random,
    clients: Sequence[str],
    length: int,
    selections: Sequence[Selection] = SELECTIONS,
    samples: Sequence[Sample] = SAMPLES,
) -> list[Command]:
    """Draw one sequence.

    Only some clients and some selections take part in each, so that they meet; and what is
    unsubscribed is held more often than not.

    Args:
        chance: where the draws come from.
        clients: who may take part.
        length: of how many moves at most; half of that at least.
        selections: what they may ask for, as far as the target has words for it.
        samples: what may tick.
    """
    cast = chance.sample(list(clients), chance.randint(1, len(clients)))
    wishes = chance.sample(list(selections), chance.randint(1, min(3, len(selections))))
    held: dict[str, list[Selection]] = {client: [] for client in cast}

    def subscribe(client: str) -> Command:
        held[client].append(wish := chance.choice(wishes))
        return Subscribe(client, wish, amid())

    def unsubscribe(client: str) -> Command:
        wish = chance.choice(held[client] or wishes)
        held[client] = [other for other in held[client] if other != wish]
        return Unsubscribe(client, wish, amid())

    def unsubscribe_anything(client: str) -> Command:
        return Unsubscribe(client, chance.choice(selections), amid())

    def tick(_: str) -> Command:
        return Tick(chance.choice(samples), awaited=chance.random() < 0.5)

    def reconnect(client: str) -> Command:
        held[client] = []
        return Reconnect(client, chance.choice(ENDINGS))

    def amid() -> bool:
        return chance.random() < 0.5

    kinds = [subscribe, unsubscribe, unsubscribe_anything, tick, reconnect, Ping]
    weights = [5, 4, 2, 3, 1, 1]
    count = chance.randint((length + 1) // 2, length)
    return [kind(chance.choice(cast)) for kind in chance.choices(kinds, weights, k=count)]


def halves(length: int) -> list[int]:
    """Return a half of a length, a quarter, and so on down to 1."""
    return [length >> bits for bits in range(1, length.bit_length())]


@dataclass
class Search:
    """Plays random sequences until one goes wrong or all have been played.

    Attributes:
        stage: where they are played.
        sequences: how many.
        length: of how many moves at most.
        seed: from which they are drawn.
        played: how many have gone well.
        moves: how many moves those had.
        story: the shortest that goes wrong; None when all went well.
    """

    stage: ModelRunner
    sequences: int
    length: int
    seed: int
    played: int = 0
    moves: int = 0
    story: Counterexample | None = None

    def run(self) -> None:
        """Draw and play; shorten what goes wrong.

        Raises:
            Broken: target, broker or service could not be used.
        """
        chance = random.Random(self.seed)
        for _ in range(self.sequences):
            stage = self.stage
            moves = draw(chance, stage.cast, self.length, stage.selections, stage.samples)
            if story := self._played(moves):
                self.story = self._shortened(story)
                self._now(self.stage.end())
                return
            self.played += 1
            self.moves += len(moves)

    def _shortened(self, first: Counterexample) -> Counterexample:
        """Return the shortest sequence that was found to go wrong as well, or the one given.

        Moves are left out, many at a time and then one by one, as long as it goes wrong without
        them; what is left is made plainer.
        """
        patience_s, self.stage.patience_s = self.stage.patience_s, SHORTENING_PATIENCE_S
        until = time.monotonic() + SHORTENING_S
        shortest = first

        def goes_wrong(moves: Sequence[Command]) -> bool:
            nonlocal shortest
            story = self._played_again(moves) if time.monotonic() < until else None
            shortest = story or shortest
            return story is not None

        for size in (*halves(len(first.moves)), 1):
            place = 0
            while place < len(shortest.moves):
                if not goes_wrong(shortest.moves[:place] + shortest.moves[place + size :]):
                    place += size
        for place, move in enumerate(shortest.moves):
            if (plain := simplified(move)) != move:
                goes_wrong((*shortest.moves[:place], plain, *shortest.moves[place + 1 :]))
        self.stage.patience_s = patience_s
        certain = first if shortest.by_waiting else shortest
        return self._played_again(shortest.moves, LAST_TRIES) or certain

    def _played_again(self, moves: Sequence[Command], tries: int = TRIES) -> Counterexample | None:
        """Play a sequence, and again where it goes well; return its story if it goes wrong."""
        return next(filter(None, (self._played(moves) for _ in range(tries))), None)

    def _played(self, moves: Sequence[Command]) -> Counterexample | None:
        """Play a sequence; return its story if it goes wrong."""
        try:
            self._now(self.stage.play_all(moves))
        except Refuted as refuted:
            return self.stage.story(str(refuted))
        return None

    def _now(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something on the loop thread and wait for it.

        Raises:
            Broken: it does not come to an end.
        """
        limit_s = LIMIT_S * self.stage.testbed.timeout_factor
        try:
            return self.stage.testbed.loop.call(work, limit_s)
        except TimeoutError:
            raise Broken(f"a sequence did not end within {limit_s:g} s; it was given up") from None


SEARCH = Key[Search]("no sequences have been played: the scenario is wrong")


def play(testbed: Testbed, clients: Sequence[str], sequences: int, length: int, seed: int) -> None:
    """Play random sequences of subscribing, until one goes wrong or all have been played.

    Args:
        testbed: the testbed.
        clients: who plays.
        sequences: how many sequences are drawn.
        length: how many moves each has at most.
        seed: from which they are drawn.
    """
    search = Search(ModelRunner(testbed, clients, testbed.grace_s), sequences, length, seed)
    search.run()
    testbed.scenario.stash[SEARCH] = search
    figures = testbed.scenario.figures
    figures.append(("sequences", f"{search.played} of {sequences} went well, {search.moves} steps"))
    if search.story:
        search.stage.show(search.story)
        figures += [("the shortest that goes wrong", line) for line in search.story.lines()]


def conform_to_the_model(testbed: Testbed) -> None:
    """Require that every sequence went as the model says.

    Raises:
        Broken: none has been played.
        Refuted: one went wrong; the sentence tells the shortest that does, step by step.
    """
    search = testbed.scenario.stash[SEARCH]
    measured = f"all {search.played} as the model says, {search.moves} steps"
    if search.story:
        told = "; ".join(search.story.lines())
        measured = f"number {search.played + 1} went wrong; the shortest that does: {told}"
    testbed.scenario.checks.require(
        search.story is None,
        f"{search.sequences} random sequences of up to {search.length} steps from seed "
        f"{search.seed}",
        measured,
        "in each, every client receives exactly what the model says",
    )
