"""One message of a dialect as somebody says it: filled in, and signed where the table has it so."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from copy import copy
from functools import partial
from typing import Any

from qaws.protocol.credentials import OF_TOKEN, of_token
from qaws.protocol.dialect import Opening, Request
from qaws.protocol.dialect_table import DialectTable, Spoken
from qaws.protocol.paths import MISSING, Path
from qaws.protocol.private_keys import NoKey
from qaws.protocol.sign_table import Sign, signatures
from qaws.protocol.signing import EXPIRES_IN_S, TIMES, signed, texts, times
from qaws.protocol.templates import Names, names_in, said
from qaws.verdict import Broken, NotVerified, hidden

SECRET_OF_TOKEN = ("token", "password")
"""What of a token nobody is to read."""


class CannotSign(Broken):
    """A secret is not of the form that a key must have; the text says which keys to look at."""


class Voice:
    """Who says something: what its token gives, and what it was told to repeat.

    It is nobody's before a client has shown its token: then `of_token` is None.
    """

    def __init__(self, token: str | None = None, *, is_somebody: bool = False) -> None:
        """Begin with a token, or without one; nobody has none either."""
        self.of_token = of_token(token) if is_somebody else None
        self.taken: dict[str, Any] = {}


NOBODY = Voice()


class Speech:
    """How one message is said; compiled once, said often.

    Attributes:
        says: whether there is anything to say at all.
        is_plain: nothing in it is signed, secret, of a token, or taken from the service.
        is_of_client: what it says is one client's own.
    """

    def __init__(
        self,
        place: str,
        say: Any,
        sign: Mapping[str, Sign],
        expires_in_s: float = EXPIRES_IN_S,
        secrets: Mapping[str, str] | None = None,
        takes: Collection[str] = (),
    ) -> None:
        """Compile it.

        Args:
            place: where it stands in the target file, for sentences.
            say: its template.
            sign: name → what may be signed; only what it names is.
            expires_in_s: how much later than now `{expires_s}` and `{expires_ms}` are.
            secrets: name → value.
            takes: names of what the dialect takes from messages of the service.
        """
        self._place, self._say, self._expires_in_s = place, say, expires_in_s
        self.says = say is not None
        needed = needed_signatures(say, sign)
        self._sign = signatures({name: each for name, each in sign.items() if name in needed})
        named = {*names_in(say), *needed}
        named |= {name for each in self._sign.values() for name in each.names}
        self._secrets = {n: v for n, v in (secrets or {}).items() if n in named}
        for each in self._sign.values():
            each.prepare(self._secrets)
        self._taken = sorted(named & {*takes})
        self._names_token = not named.isdisjoint(OF_TOKEN)
        self._shown = {*names_in(say)}
        self.is_of_client = bool(self._taken) or self._names_token
        further = bool(self._sign or self._secrets or named & (TIMES - {"now_ms"}))
        self.is_plain = not (self.is_of_client or further)

    @property
    def names_token(self) -> bool:
        """Return whether a client without a token cannot say it."""
        return self._names_token

    def spell(self, names: Names, items: Sequence[Names] = (), voice: Voice = NOBODY) -> Request:
        """Return it as somebody says it now, without what it is acknowledged by.

        Args:
            names: name → value of what is known besides.
            items: the names of each item of a selection.
            voice: who says it.

        Raises:
            NotVerified: it is of one client, and nobody says it; nobody could sign with this token.
            CannotSign: a secret is not of the form that a key must have.
        """
        if self.is_plain:
            return Request(said(self._say, names, items))
        known = {**names, **times(self._expires_in_s), **self._secrets}
        if self.is_of_client:
            if voice.of_token is None:
                raise NotVerified(
                    f"[dialect.{self._place}] is signed by each client for itself, so that nobody "
                    "else has words for it"
                )
            known |= {**voice.of_token, **dict.fromkeys(self._taken, ""), **voice.taken}
        made = self._made(known, items)
        known |= made
        secret = [v for n, v in self._secrets.items() if n in self._shown]
        secret += [str(known[n]) for n in SECRET_OF_TOKEN if n in self._shown]
        hides = tuple(each for each in (*secret, *texts(made.values())) if each)
        return Request(said(self._say, known, items), hides=hides)

    def _made(self, names: Names, items: Sequence[Names]) -> dict[str, str | bytes]:
        try:
            return signed(self._sign, names, items)
        except NoKey as problem:
            place = f"[dialect.{self._place}] {problem}"
            if not {*names_in([each.key for each in self._sign.values()])}.isdisjoint(OF_TOKEN):
                raise NotVerified(f"{place}: nobody could sign with it") from None
            raise CannotSign(
                f"{place}; look at its key and key_encoding, and [dialect] secrets"
            ) from None


def needed_signatures(say: Any, sign: Mapping[str, Sign]) -> set[str]:
    """Return which signatures a message needs: those it names, and those that these name."""
    found: set[str] = set()
    wanted = {*names_in(say)}
    while more := wanted & {*sign} - found:
        found |= more
        wanted = {name for each in more for name in sign[each].names}
    return found


def concealed(request: str, sent: str | None = None) -> str:
    """Return a message as the report shows it: without what nobody is to read of it.

    Args:
        request: the message; only a `Request` hides something.
        sent: what goes out in its place; None: itself.
    """
    text = request if sent is None else sent
    for secret in request.hides if isinstance(request, Request) else ():
        for spelled in (hidden(secret), json.dumps(secret)[1:-1]):
            text = text.replace(spelled, "(hidden)")
    return text


class Speeches:
    """All that a client of a dialect says, by its place: "open[0]", "ping.say", "answers[0]" ….

    Attributes:
        is_of_client: whether any of it is one client's own.
        signs: whether what subscribes is signed, secret, or one client's own.
    """

    def __init__(self, table: DialectTable, secrets: Mapping[str, str]) -> None:
        """Compile it; nobody says it yet.

        Args:
            table: how it is spelled.
            secrets: name → value.
        """
        self._voice, self._is_own = NOBODY, False
        self._waits = [each.after is not None for each in table.open]
        self._all: dict[str, Speech] = {}
        takes = [name for each in table.open for name in each.take]
        for number, each in enumerate(table.open):
            self._add(f"open[{number}]", each.say, each, secrets, takes)
        for number, answer in enumerate(table.answers):
            self._add(f"answers[{number}]", answer.say, answer, secrets)
        for name in ("ping", "subscribe", "unsubscribe"):
            spoken: Spoken = getattr(table, name)
            for key, template in spoken.templates.items():
                self._add(f"{name}.{key}", template, spoken, secrets, takes)
        self.is_of_client = any(each.is_of_client for each in self._all.values())
        self.signs = not all(v.is_plain for k, v in self._all.items() if k.startswith("subscribe"))

    def _add(
        self,
        place: str,
        say: Any,
        spoken: Spoken,
        secrets: Mapping[str, str],
        takes: Collection[str] = (),
    ) -> None:
        self._all[place] = Speech(place, say, spoken.sign, spoken.expires_in_s, secrets, takes)

    def for_client(self) -> Speeches:
        """Return the same for one client, which has a token and is told things."""
        mine = copy(self)
        mine._voice, mine._is_own = Voice(is_somebody=True), True
        return mine

    def openings(self, token: str | None, further: Callable[[], Names]) -> list[Opening]:
        """Return what opens a session, in order; without a token only what needs none.

        What waits for a message is spelled, and signed, when that has come.

        Raises:
            NotVerified: nobody could sign with this token.
            CannotSign: a secret is not of the form that a key must have.
        """
        voice = self._voice if self._is_own else Voice()
        voice.of_token = of_token(token)
        found = []
        for number, waits in enumerate(self._waits):
            speech = self._all[f"open[{number}]"]
            if token is not None or not speech.names_token:
                spell = partial(self._opening, speech, further, voice)
                found.append(Opening(spell, number if waits else None))
        for each in found:
            if each.after is None:
                assert each.text
        return found

    @staticmethod
    def _opening(speech: Speech, further: Callable[[], Names], voice: Voice) -> Request:
        return speech.spell(further(), voice=voice) if speech.says else Request("")

    def remember(self, taken: Mapping[str, Any]) -> None:
        """Keep what an opening took from the service's message, for this client."""
        if self._is_own:
            self._voice.taken |= taken

    def spell(self, place: str, names: Names, items: Sequence[Names] = ()) -> Request:
        """Return what stands at a place, as `Speech.spell` does."""
        return self._all[place].spell(names, items, self._voice)


def values_at(take: Mapping[str, str], document: Any) -> dict[str, Any]:
    """Return name → what stands at its path in a message; "" where nothing does."""
    found = {name: Path(path).get(document) for name, path in take.items()}
    return {name: "" if value is MISSING else value for name, value in found.items()}
