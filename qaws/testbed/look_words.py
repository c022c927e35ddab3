"""What the first look has to say: what was seen, and the key of the target file to look at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlsplit

from qaws.auth.tokens import in_words
from qaws.clients.address import Untrusted, redacted
from qaws.clients.connection import Connection
from qaws.clients.frame_log import Frame
from qaws.feed.outlets.outlet import Listened
from qaws.oracle.ledger import Published
from qaws.protocol.http_step import PLACE, StepBroken
from qaws.protocol.speech import CannotSign
from qaws.runtime.trust import NO_TLS, client_complaint, speaks_tls
from qaws.sut.sections import SOURCES, Auth
from qaws.sut.target import Target
from qaws.testbed import look_expected, look_messages
from qaws.testbed.look_messages import SHOWN_CHARS, quoted
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, without_tokens

WITHIN_S = 2.0
"""How long a welcome or an answer may take before the look goes on without it."""
NO_SUCH_PLACE = (404, 405, 426)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the look: what it was, what was seen, whether that is as it should be.

    `fits` is None where it may yet come to be.
    """

    what: str
    seen: str
    fits: bool | None = True


@dataclass(slots=True)
class FirstLook:
    """What was seen.

    Attributes:
        steps: in order.
        withheld: capabilities that the target names and does not give, with the reason.
    """

    steps: list[Step] = field(default_factory=list)
    withheld: dict[str, str] = field(default_factory=dict)

    def note(self, what: str, seen: str, fits: bool | None = True) -> None:
        """Note a step."""
        self.steps.append(Step(what, without_tokens(seen), fits))

    @property
    def remarks(self) -> list[str]:
        """Return what is not as it should be, one sentence each."""
        return [f"{step.what}: {step.seen}" for step in self.steps if step.fits is False]

    def as_dict(self) -> dict[str, Any]:
        """Return the whole as plain values."""
        return {"steps": [asdict(step) for step in self.steps], "withheld": dict(self.withheld)}


def of_kind(testbed: Testbed, *kinds: str) -> Callable[[Frame], bool]:
    """Return a condition: the frame is a message of one of these kinds."""
    return lambda f: isinstance(f.message, dict) and testbed.dialect.kind(f.message) in kinds


def behind(client: Connection, entry: Frame) -> list[Frame]:
    """Return what is in a log behind an entry."""
    place = next(i for i, frame in enumerate(client.log) if frame is entry)
    return client.log[place + 1 :]


def is_message(testbed: Testbed, frame: Frame) -> bool:
    """Return whether a frame is a message of the service, heartbeats aside."""
    heartbeats = testbed.target.endpoint.heartbeats
    return (
        frame.direction == "←"
        and frame.kind in ("text", "binary")
        and (frame.message is not None or bool(frame.problem))
        and not of_kind(testbed, *heartbeats)(frame)
    )


def greeting(testbed: Testbed) -> str:
    """Return the kind of message by which a client knows that it was let in."""
    return "welcome" if testbed.dialect.welcomes else "pong"


def of_handshake(client: Connection) -> str:
    """Say what came of a handshake."""
    if client.refusal is not None:
        body = without_tokens((client.refusal.body or b"").decode("utf-8", "replace").strip())
        shown = f'the body "{" ".join(body.split())[:SHOWN_CHARS]}"' if body else "an empty body"
        status = f"HTTP {client.http_status}"
        return client.summary().replace(status, f"{status} with {shown}", 1)
    if client.is_open or client.is_welcomed:
        return "accepted"
    return client.summary()


def unreachable(testbed: Testbed, problem: Broken) -> Broken:
    """Return what to say where nobody listens, or the certificate is not trusted."""
    said = f"{testbed.target.file}: {problem}"
    if isinstance(problem, StepBroken):
        return problem
    if isinstance(problem, Untrusted | CannotSign):
        return Broken(said)
    return Broken(f"{said} look at [endpoint] url")


def not_taken_as_signed(testbed: Testbed, answer: Frame) -> Broken:
    """Return what to say where what subscribes is signed, and answered by an error."""
    return Broken(
        f"{testbed.target.file}: what subscribes is signed, and was answered by {quoted(answer)}; "
        "look at [dialect.subscribe] sign and expires_in_s, [dialect] secrets, and [market]"
    )


def of_step(client: Connection) -> str:
    """Say what was asked before a client connected, and what was answered."""
    said = ""
    for frame in client.log:
        if frame.kind == "step":
            between = ": " if frame.direction == "←" else "; "
            said += f"{between}{frame.text}" if said else frame.text
    return said


def _turned_away(testbed: Testbed, client: Connection) -> Broken:
    """Return what to say where a good token is given nothing to connect with."""
    claims = in_words(client.token or "", client.service_ahead_s)
    claimed = f"; it claims {claims}" if claims else ""
    steps = testbed.target.before_connect
    signs = "sign, " if any(step.sign for step in steps) else ""
    words = "refused_when" if client.turned_by_words else "status"
    asked = f"url, headers, body, form, {signs}{words}"
    own = "url, method" if _is_elsewhere([client]) else asked
    return Broken(
        f"{testbed.target.file}: a good token got no further than to what is asked before a "
        f"connection: {of_handshake(client)}{claimed}; look at {PLACE} {own}, and [auth]"
    )


def refused_everywhere(testbed: Testbed, clients: Sequence[Connection]) -> Broken:
    """Return what to say where a good token opens nothing."""
    if clients[0].turned_at:
        return _turned_away(testbed, clients[0])
    if _is_elsewhere(clients) and (tls := _of_tls(testbed)):
        return Broken(f"{testbed.target.file}: {redacted(testbed.service.url)}: {tls}")
    auth, first = testbed.target.auth, clients[0]
    places = "; ".join(
        f"as {named(auth, place)}: {of_handshake(client)}"
        for place, client in zip(auth.token_locations, clients, strict=False)
    )
    claims = in_words(first.token or "", first.service_ahead_s)
    claimed = f"; it claims {claims}" if claims else ""
    return Broken(
        f"{testbed.target.file}: a good token was refused in every place that [auth] "
        f"token_locations names: {places}{claimed}; "
        f"{_unread(clients)}{_keys_of(testbed, clients)}"
    )


def _unread(clients: Sequence[Connection]) -> str:
    """Say what came that nobody could read, as a refusal may be: "" where nothing did."""
    every = (frame for client in clients for frame in client.log)
    if (frame := next(filter(look_messages.is_unread, every), None)) is None:
        return ""
    return f"what came is {quoted(frame)}: look at {look_messages.key_of(frame)}; "


def _of_tls(testbed: Testbed) -> str:
    """Say so where TLS is asked for and not spoken, or the other way round; "" where it fits.

    It does not fit either where the service wants a certificate of its clients, or another.
    """
    parts = urlsplit(testbed.service.url)
    asked = parts.scheme == "wss"
    host, port = parts.hostname or "", parts.port or (443 if asked else 80)
    spoken = speaks_tls(host, port)
    if asked and spoken:
        return client_complaint(host, port, testbed.service.target.endpoint.authority)
    if asked == spoken:
        return ""
    if asked:
        return NO_TLS
    return "it speaks TLS there: look at [endpoint] url, it wants wss:// instead of ws://"


def _is_elsewhere(clients: Sequence[Connection]) -> bool:
    """Return whether what answered is not the endpoint, so that it is no matter of tokens."""
    return any(
        client.location is not None or client.http_error or client.http_status in NO_SUCH_PLACE
        for client in clients
    )


def _signing(target: Target) -> str:
    """Say where the first message is signed, "" where it is not."""
    opened = [] if isinstance(target.dialect, str) else target.dialect.open
    if target.auth.in_first_message and any(each.sign for each in opened):
        return "look at [[dialect.open]] say, sign, expires_in_s, [dialect] secrets"
    return ""


def _lacking_engine(testbed: Testbed, clients: Sequence[Connection]) -> str:
    """Say what the address lacks where it looks like one of Socket.IO, and is answered by a 4xx."""
    is_own = not any(step.connect_to for step in testbed.target.before_connect)
    is_refused = all(400 <= (client.http_status or 0) < 500 for client in clients)
    return look_messages.lacks_engine(testbed.service.url) if is_own and is_refused else ""


def _keys_of(testbed: Testbed, clients: Sequence[Connection]) -> str:
    """Say which keys a refusal could be about."""
    target = testbed.target
    auth = target.auth
    if lacking := _lacking_engine(testbed, clients):
        return f"look at [endpoint] url: {lacking}"
    if (signing := _signing(target)) and not _is_elsewhere(clients):
        return f"{signing}, and [auth]"
    if _is_elsewhere(clients):
        return "look at [endpoint] url: is it that of the service?"
    known = auth.is_served or bool(target.launch and target.launch.reads_key_set)
    if auth.generate_key and auth.has_secret:
        if target.launch and target.launch.reads("secret"):
            return (
                f"look at [auth] issuer, audience, subject, algorithm, {_shown_in(auth)}; "
                "{secret} in [launch]"
            )
        return (
            "nothing tells the service the secret that the suite has made: put {secret} into "
            "[launch.environment], or give [auth] secret_variable"
        )
    if auth.generate_key and not known:
        return (
            "nothing tells the service the key that the suite has made: put {jwks_file} into "
            "[launch.environment], give [auth] key_file, or have it served: [auth] key_set"
        )
    if (served := testbed.tokens.server) and not served.fetched_ns:
        return (
            f"nobody has fetched the key set at {served.url(testbed.tokens.jwks_file)}: give the "
            "service {jwks_url}, or look at [auth] key_set_port, key_set_path"
        )
    if auth.mints:
        own = "secret_variable" if auth.secret_variable else "key_file, key_id"
        key = "{jwks_file} in [launch]" if auth.generate_key else own
        return f"look at [auth] issuer, audience, subject, {_shown_in(auth)}; {key}"
    source = next(name for name in SOURCES if getattr(auth, name))
    return f"look at [auth] {source}, {_shown_in(auth)}"


def _shown_in(auth: Auth) -> str:
    """Return the keys that say where a token is shown, and by what name."""
    own = ("query parameter", "header", "cookie", "subprotocol")
    names = [each.replace(" ", "_") for each in own if each in auth.token_locations]
    return ", ".join(("token_locations", *names))


def named(auth: Auth, place: str) -> str:
    """Return a place where tokens are shown, with its name where a team gives it one."""
    return f"{place} {getattr(auth, place)}" if place in ("header", "cookie") else place


def foreign(testbed: Testbed, first: Frame) -> Broken:
    """Return what to say where the first message is none of the dialect's."""
    target = testbed.target
    if not isinstance(target.dialect, str) and isinstance(first.message, dict):
        return look_expected.foreign_to(target.file, target.dialect, quoted(first))
    if first.kind == "binary":
        return Broken(
            f"{target.file}: the first message {first.problem}; what binary messages hold is "
            "[dialect.encoding] received (docs/dialects.md)"
        )
    if look_messages.is_unread(first):
        return Broken(
            f"{target.file}: the first message is {quoted(first)}; the service does not speak the "
            f"dialect {target.speaks}, or look at {look_messages.key_of(first)} (docs/dialects.md)"
        )
    is_decoded = bool(first.raw) and not isinstance(first.message, dict)
    named = f"{_passing_over(target)} should name that type"
    other = "look at [dialect.encoding]" if is_decoded else named
    return Broken(
        f"{target.file}: the first message {first.problem}: {quoted(first)}; the service does not "
        f"speak the dialect {target.speaks}, or {other}"
    )


def undeclared(testbed: Testbed, client: str, frame: Frame) -> Broken:
    """Return what to say of a message that a client got unasked, and that nobody knows."""
    target = testbed.target
    return Broken(
        f"{target.file}: the service sends what the dialect {target.speaks} does not know, of its "
        f"own accord: {client} received {quoted(frame)} in answer to nothing; if that is as it "
        f"should be, name the type in {_passing_over(target)}"
    )


def _passing_over(target: Target) -> str:
    """Return the key that names what is passed over wherever it comes."""
    is_told = isinstance(target.dialect, str)
    return "[endpoint] heartbeats" if is_told else "[dialect.recognise]"


def nothing_opened(testbed: Testbed, client: Connection, remarks: Sequence[str]) -> Broken:
    """Return what to say where nobody is welcomed and nothing can be subscribed to."""
    target = testbed.target
    return Broken(
        f"{target.file}: the service does not speak the dialect {target.speaks}: a good token is "
        f"let in, but {'; '.join(remarks) or client.summary()}; look at dialect, [endpoint] url"
    )


def not_understood(testbed: Testbed, client: Connection, remarks: Sequence[str]) -> Broken:
    """Return what to say where nothing that the client says is understood."""
    target = testbed.target
    return Broken(
        f"{target.file}: the service does not speak the dialect {target.speaks}: behind its "
        f"welcome {'; '.join(remarks) or client.summary()}; look at dialect, [endpoint] url"
    )


def is_heard(testbed: Testbed, tick: Published, listened: Listened | None) -> bool:
    """Return whether somebody is known to listen where a tick was published."""
    return bool(tick.heard_by) or bool(listened and listened.covers(testbed.feed.channel_of(tick)))


def unheard(
    testbed: Testbed, client: Connection, tick: Published, listened: Listened | None
) -> tuple[str, bool]:
    """Say that nobody is known to listen where a tick was published.

    Returns:
        The sentence; and whether whoever listens at a broker of the suite's own has but the other
        of the two channels, or nobody can tell, so that the service may have no ticks of this kind.
    """
    target, broker = testbed.target, testbed.broker
    assert broker
    is_option = tick.kind == "option_tick"
    key = "options_channel" if is_option else "underlying_channel"
    channel = testbed.feed.channel_of(tick)
    other = testbed.feed.channels.other_of(tick.kind, tick.symbol)
    subscribed = f"instrument {tick.instrument}" if is_option else f"the {tick.symbol} underlying"
    missed = f"{target.file}: no tick came to a client subscribed to {subscribed}"
    if listened is None or not listened.is_all:
        where = f"{channel}, {broker.shown_url}" if broker.url else channel
        groups = ", ".join(listened.channels[:5]) if listened else ""
        but = f", but for groups that consume {groups}" if groups else ""
        said = f"this kind of feed does not tell who listens{but}; look at [feed] {key}, broker"
        return f"{missed}, and it was published ({where}); {said}", not is_option
    elsewhere = [name for name in listened.channels if name != channel]
    known = [*elsewhere, *filter(None, listened.patterns)]
    parts = [", ".join(known[:5])] if known else []
    parts += [f"{n} by pattern"] if (n := listened.patterns.count("")) else []
    only_other = broker.is_own and known == [str(other)] and "" not in listened.patterns
    where = f"there are listeners on {' and '.join(parts)}" if parts else "nobody listens anywhere"
    look_at = f"{key}" if parts else "broker, and how the service is told of it"
    if listened.more:
        where, look_at = f"{where}; {listened.more}", "answers"
    return (
        f"{missed}, and the broker {broker.shown_url} counted 0 listeners on {channel}; {where}; "
        f"look at [feed] {look_at}",
        only_other and not is_option,
    )
