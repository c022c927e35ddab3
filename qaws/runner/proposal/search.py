"""The search for what a service understands: places, openings, pings, subscriptions, ticks.

Everything is tried on connections of its own, in the well-known ways, until something comes that
is no refusal. What was guessed is for `draft` to say.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count
from typing import Any

from qaws.load.before import taken_before
from qaws.load.refusal import Refusal
from qaws.protocol.credentials import credentials
from qaws.protocol.dialect_table import CHANNEL
from qaws.protocol.market import Market, chain_of
from qaws.protocol.templates import NULL, names_in, said
from qaws.runner.proposal.guess import (
    Document,
    Heard,
    Tick,
    find_sequence,
    heard,
    is_alike,
    is_pong,
    is_refusal,
    tick_of,
)
from qaws.runner.proposal.seen import FORMS, Answered, Form, Names, Seen, shown
from qaws.runner.proposal.talk import Entrance, Talk
from qaws.runner.proposal.telling import telling
from qaws.runner.proposal.ways import Way, fits, ways
from qaws.sut.sections import FIRST_MESSAGE, TOKEN_LOCATIONS
from qaws.testbed.testbed import Testbed
from qaws.verdict import hidden, without_tokens

FIRST_S = 1.0
"""How long a first message may take."""
ANSWER_S = 2.0
"""How long an answer may take; of one that is silent the next is waited for less long."""
MOST_PATIENT = 3
STEPS_S = 30.0
"""How long what is asked before a connection may take."""
LIVE_S = 3.0
"""How long a tick may take where the suite publishes none."""
PUBLISHED = 4
"""Ticks that are published for one subscription; a service may begin to listen with the first."""
PUBLISHED_S = 0.5
NONSENSE = '{"action": "qaws-nonsense", "op": "qaws-nonsense", "type": "qaws-nonsense"}'
"""What no service can mean: whatever it answers is no acknowledgement."""
MOST_ENDS = 3
"""So often a service may end the connection at something that it does not know."""
Say = Callable[[str], None]


class Search:
    """One search; `seen` fills up as it goes on.

    Attributes:
        seen: what was found.
        token: what its connections show.
        is_turned_away: whether no connection was let in, whatever was shown.
    """

    def __init__(self, testbed: Testbed, names: Names, say: Say) -> None:
        """Begin it; the scenario's service runs."""
        self.seen = Seen()
        self._testbed, self._names, self._say = testbed, names, say
        self._factor = testbed.timeout_factor
        self._numbers = count(1)
        (token,) = testbed.loop.call(testbed.tokens.for_clients(1), 30)
        self.token = self._shown = token
        self._ends = self._silences = 0
        self._needs_token = False  # the handshake
        self._is_closed = False  # the market: no tick came to the first who waited for one
        self._complaints: list[Document] = []  # what is answered to nonsense
        self.is_turned_away = True

    def run(self) -> Seen:
        """Search; what is not found stays empty."""
        if not self._enter():
            return self.seen
        self._complaints = self._answers_to_nonsense()
        for form in FORMS:
            self._subscribe(form)
        return self.seen

    # --- letting in -----------------------------------------------------------------------------

    def _enter(self) -> bool:
        """Find where the token is shown, what opens a session, and a ping that is understood."""
        named = self._testbed.target.auth.token_locations
        places = dict.fromkeys([*named, *TOKEN_LOCATIONS])
        silent: tuple[str, Heard] | None = None
        for place in places:
            if place == FIRST_MESSAGE:
                continue
            talk, came = self._connected(place)
            with talk:
                self._tell(f"token as {place}", talk.end or self._first(came))
                if talk.end:
                    continue
                self.is_turned_away = False
                silent = silent or (place, came)
                is_silent = not came.documents
                if self._pinged(talk, ways(), place, None, is_silent=is_silent):
                    self._settle(place, None, came)
                    return True
        for way in ways():
            if way.dialect.open and self._opened(way):
                return True
            if self._needs_token:
                break
        if silent and silent[1].documents:
            self._settle(silent[0], None, silent[1])
            return True
        return False

    def _opened(self, way: Way) -> bool:
        """Say the first messages of a way; return whether they opened a session."""
        talk, came = self._connected(FIRST_MESSAGE, way)
        with talk:
            answer = next(iter(came.documents), None)
            self._needs_token = talk.end.startswith("refused")
            is_open = not talk.end and answer is not None and not is_refusal(answer)
            self.is_turned_away = self.is_turned_away and bool(talk.end)
            self._tell(f"first message, as {way.name} has it", talk.end or self._first(came))
            if is_open and self._pinged(talk, [way, *ways()], FIRST_MESSAGE, way):
                self._settle(FIRST_MESSAGE, way, came)
                return True
        return False

    def _connected(self, place: str, opening: Way | None = None) -> tuple[Talk, Heard]:
        """Connect, say what opens a session, and return what came."""
        talk = Talk(self._entrance(place), self.seen)
        first = 0.3 if opening and not any(o.after for o in opening.dialect.open) else FIRST_S
        came = self._heard(talk.hear(first * self._factor)) if not talk.end else Heard()
        for step in opening.dialect.open if opening else ():
            if step.after and not any(fits([step.after], d) for d in came.documents):
                continue
            talk.say(self._filled(step.say)[0])
            came = self._heard(talk.hear(ANSWER_S * self._factor))
        return talk, came

    def _entrance(self, place: str) -> Entrance:
        """Take what steps the target has before a connection; return where that leads.

        Raises:
            Broken: a step does not work.
        """
        target, url = self._testbed.target, self._testbed.service.url
        authority = target.endpoint.authority
        asking = taken_before(target.steps, url, authority, self.token, "qaws-init")
        try:
            url, further, shown = self._testbed.loop.call(asking, STEPS_S)
        except (Refusal, OSError) as problem:
            return Entrance(url, {}, authority, f"refused before the connection: {problem}")
        self._shown = shown or ""
        if target.steps:
            hidden(self._shown)
        url, headers = credentials(url, shown, place, target.auth.carrier(place))
        return Entrance(url, {**further, **headers}, authority)

    def _settle(self, place: str, opening: Way | None, came: Heard) -> None:
        seen = self.seen
        seen.place, seen.opening = place, opening
        seen.welcome = next(iter(came.documents), None)
        seen.others = came.documents[1:]
        seen.several = came.several

    @staticmethod
    def _first(came: Heard) -> str:
        seen: list[Document | list[Any]] = [*came.documents, *came.lists]
        first = next(iter(seen), None)
        return "accepted, in silence" if first is None else f"accepted; {shown(first)}"

    def _heard(self, texts: Sequence[str]) -> Heard:
        """Read messages; what nothing guesses at, lists and texts, is kept to be shown."""
        came = heard(texts)
        self.seen.lists += came.lists
        self.seen.other_texts += came.others
        return came

    # --- asking ---------------------------------------------------------------------------------

    def _filled(self, template: Any) -> tuple[str, int]:
        number = next(self._numbers)
        item = {"symbol": self._names.symbol, "instrument": self._names.instrument}
        item |= self._names.further
        names = {"id": number, "item": 1, "now_ms": 0, "token": self._shown, **item}
        return said(template, names, [item]), number

    def _ask(self, talk: Talk, way: Way, template: Any) -> tuple[Answered, list[Document]]:
        """Say something; return what was said, and what came."""
        text, number = self._filled(template)
        talk.say(text)
        came = self._heard(talk.hear(ANSWER_S * self._factor / (1 + self._silences)))
        answered = bool(came.documents or came.plain)
        self._silences = 0 if answered else min(self._silences + 1, MOST_PATIENT)
        if came.several != "no":
            self.seen.several = came.several
        self._ends += bool(talk.end)
        return Answered(way, template, number, text), came.documents

    def _pinged(
        self,
        talk: Talk,
        order: Sequence[Way],
        place: str,
        opening: Way | None,
        *,
        is_silent: bool = False,
    ) -> bool:
        """Find a ping that is understood."""
        tried: list[Any] = []
        weak: Answered | None = None
        self._ends = 0
        for way in order:
            template = way.dialect.ping.say
            if template in tried:
                continue
            tried.append(template)
            if talk.end:
                if self._ends >= MOST_ENDS or is_silent:
                    break  # it waits for something else before it says anything
                talk.close()
                talk, _ = self._connected(place, opening)
            asked, documents = self._ask(talk, way, template)
            is_silent = is_silent and not documents
            for document in documents:
                if is_refusal(document):
                    self._note_refusals([document])
                elif any(each.answers(document) for each in ways()) or is_pong(document):
                    asked.answer = document
                    self.seen.ping = asked
                    self._tell("ping", f"{asked.said} → {shown(document)}")
                    talk.close()
                    return True
                else:
                    asked.answer = document
                    weak = weak or asked
        talk.close()
        if weak and weak.number in weak.answer.values():  # type: ignore[union-attr]
            self.seen.ping = weak
            return True
        return False

    def _answers_to_nonsense(self) -> list[Document]:
        talk, _ = self._connected(self.seen.place, self.seen.opening)
        with talk:
            if talk.end:
                return []
            talk.say(NONSENSE)
            came = self._heard(talk.hear(ANSWER_S / 2 * self._factor)).documents
        self._note_refusals(filter(is_refusal, came))
        return came

    def _is_complaint(self, document: Document) -> bool:
        return any(is_alike(document, each) for each in self._complaints)

    def _note_refusals(self, documents: Iterable[Document]) -> None:
        self.seen.refusals += [each for each in documents if each not in self.seen.refusals]

    def _order(self) -> list[Way]:
        """Return the ways, those first that were understood so far."""
        ping = self.seen.ping.template if self.seen.ping else None
        opening = [self.seen.opening] if self.seen.opening else []
        alike = [way for way in ways() if way.dialect.ping.say == ping]
        return list({way.name: way for way in [*opening, *alike, *ways()]}.values())

    def _subscribe(self, form: Form) -> None:
        """Find a subscription that is acknowledged, or brings ticks."""
        tried: list[Any] = []
        best: Answered | None = None
        is_fed = self._testbed.target.may_publish
        talk: Talk | None = None
        self._ends = 0
        for way in self._order():
            template = getattr(way.dialect.subscribe, form)
            if template is None or template in tried or self._lacks(way, template):
                continue
            tried.append(template)
            if talk is None or talk.end:
                if self._ends >= MOST_ENDS:
                    break
                talk, _ = self._connected(self.seen.place, self.seen.opening)
            answered, documents = self._ask(talk, way, template)
            self._note_refusals(filter(is_refusal, documents))
            kept = [each for each in documents if not is_refusal(each)]
            if not kept or len(kept) < len(documents):
                continue
            acks = (each for each in kept if not self._tick(each, form, None))
            answered.answer = next(acks, None)
            came = self._ticks(talk, form, kept)
            if not came and answered.answer and self._is_complaint(answered.answer):
                self._note_refusals([answered.answer])
                continue
            best = answered if came else best or answered
            if came or not is_fed:
                self._leave(talk, form, answered)
                break
            talk.close()
            talk = None
        if talk:
            talk.close()
        if best:
            self.seen.asked[form] = best
            self._tell(f"subscribe by {form}", f"{best.said} → {shown(best.answer)}")

    def _lacks(self, way: Way, template: Any) -> bool:
        known = {
            NULL,
            "id",
            "item",
            "now_ms",
            "symbol",
            "instrument",
            "items",
            *self._names.further,
        }
        missing = [name for name in names_in(template) if name not in known]
        for name in missing:
            self.seen.wanting.setdefault(name, set()).add(way.name)
        return bool(missing)

    def _leave(self, talk: Talk, form: Form, asked: Answered) -> None:
        """End the subscription in the same way, and note the answer."""
        template = getattr(asked.way.dialect.unsubscribe, form)
        if template is None or talk.end or CHANNEL in names_in(template):
            return
        ended, documents = self._ask(talk, asked.way, template)
        kept = [d for d in documents if not is_refusal(d) and not self._tick(d, form, None)]
        if kept:
            ended.answer = kept[0]
            self.seen.ended[form] = ended

    # --- ticks ----------------------------------------------------------------------------------

    def _tick(
        self, document: Document, form: Form, published: Mapping[str, Any] | None
    ) -> Tick | None:
        kind = "underlying bar" if form == "underlying" else "option tick"
        names = self._names
        return tick_of(document, kind, names.symbol, names.instrument, published)

    def _ticks(self, talk: Talk, form: Form, already: Sequence[Document]) -> bool:
        """Wait for a tick, or publish some; return whether one came."""
        if not self._testbed.target.may_publish:
            if self._is_closed:
                return False
            documents = [*already, *self._heard(talk.hear(LIVE_S * self._factor)).documents]
            ticks = [each for each in documents if self._noted(each, form, None)]
            self._is_closed = not ticks
            return bool(ticks)
        late: list[Document] = []
        for _ in range(PUBLISHED):
            published = self._publish(form)
            came = self._heard(talk.hear(PUBLISHED_S * self._factor))
            if came.several != "no":
                self.seen.several = came.several
            for document in came.documents:
                if self._noted(document, form, published):
                    self._number(talk, form, (document, published))
                    return True
            late += came.documents
            if talk.end:
                break
        return any(self._noted(each, form, None) for each in late) or self._keep(late)

    def _keep(self, late: Sequence[Document]) -> bool:
        self.seen.others += [each for each in late if each not in self.seen.others]
        return False

    def _number(self, talk: Talk, form: Form, first: tuple[Document, dict[str, Any]]) -> None:
        """Find where the last noted tick has its number, by one more."""
        tick = self.seen.ticks[-1][0]
        published = self._publish(form)
        came = self._heard(talk.hear(PUBLISHED_S * self._factor)).documents
        if ticks := [each for each in came if self._tick(each, form, published)]:
            find_sequence(tick, [first, (ticks[-1], published)])

    def _noted(self, document: Document, form: Form, published: Mapping[str, Any] | None) -> bool:
        if (tick := self._tick(document, form, published)) is None:
            return False
        if not any(each.table["kind"] == tick.table["kind"] for each, _ in self.seen.ticks):
            self.seen.ticks.append((tick, document))
            self._tell(str(tick.table["kind"]), shown(document))
        return True

    def _publish(self, form: Form) -> dict[str, Any]:
        """Publish a tick of which every number is like no other; return it in words of `qa-ws`."""
        kind: Any = "underlying_bar" if form == "underlying" else "option_tick"
        fields = telling(Market().tick(kind, "NIFTY", chain_of("NIFTY")[0]))
        tick = self._testbed.loop.call(self._testbed.feed.publish(fields, role="fence"), 30)
        return dict(json.loads(tick.text))

    def _tell(self, what: str, seen: str) -> None:
        self._say(f"  {what:<38}  {without_tokens(seen)}")
