"""Faults of session ids, of what clients get of each other, and of secrets: QA-WS-025."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import logging
import os
import secrets
import uuid
from collections.abc import Callable
from fnmatch import fnmatchcase
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import jwt
from websockets.asyncio.server import ServerConnection
from websockets.frames import CloseCode
from websockets.http11 import Request, Response

from app import closes, logs, messages, routes_websocket, server, sessions
from app.auth import Claims, TokenVerifier
from app.closes import Close
from app.fanout import Fanout
from app.logs import RedactingFormatter
from app.messages import Command, InvalidMessage, InvalidTick
from app.routes_websocket import Service
from app.server import TickerService
from app.sessions import Session
from app.subscriptions import Keys, Selector, Symbols, Totals
from faults.authentication import token_of
from faults.fault import fault, replace

BITS = "random bits in a session id: measured "
STRAY = "Mallory received ticks that it had not subscribed to"
UNKNOWN = "received ticks that nobody has published"
OTHERS = "what belongs to others among what "
OUTPUT = "the service's output has "

LATER_S = 0.7
"""How long a log that is written in batches holds back a line, in seconds."""

# --- session ids -----------------------------------------------------------------------------


@fault(
    story="Session ids are counted up, so that everybody knows the ids of those who came before "
    "and after.",
    caught_by={"QA-WS-025": BITS},
    also=("QA-WS-105",),
)
def session_ids_counted_up() -> None:
    """Write a number as if it were random."""
    numbers = itertools.count(1)
    replace(sessions, "new_session_id", lambda: f"{next(numbers):032x}")


@fault(
    story="Session ids are made from the clock and the machine's address, so that whoever has one "
    "can work out the others.",
    caught_by={"QA-WS-025": BITS},
)
def session_ids_from_clock_and_machine() -> None:
    """Take the UUIDs of version 1."""
    replace(sessions, "new_session_id", lambda: str(uuid.uuid1()))


@fault(
    story="Session ids have 64 random bits, half of what was agreed.",
    caught_by={"QA-WS-025": BITS + "64.0"},
)
def session_ids_too_short() -> None:
    """Take eight bytes."""
    replace(sessions, "new_session_id", lambda: secrets.token_hex(8))


@fault(
    story="Session ids look long enough, but their second half repeats the first.",
    caught_by={"QA-WS-025": BITS + "64."},
)
def session_ids_say_it_twice() -> None:
    """Take eight bytes twice."""
    replace(sessions, "new_session_id", lambda: secrets.token_hex(8) * 2)


@fault(
    story="Session ids hold a random number of 64 bits and another that grows by the same amount "
    "each time, so that they look random one by one and are not.",
    caught_by={"QA-WS-025": BITS},
)
def session_ids_in_even_steps() -> None:
    """Add the golden ratio's bits, as generators do that are made for speed."""
    state = [secrets.randbits(64)]

    def next_id() -> str:
        state[0] = (state[0] + 0x9E3779B97F4A7C15) % 2**64
        return f"{state[0]:016x}{secrets.token_hex(8)}"

    replace(sessions, "new_session_id", next_id)


@fault(
    story="Once in a thousand connections a session id is dealt a second time, and one client sees "
    "the other's account of its visit.",
    caught_by={"QA-WS-025": "different session ids among"},
)
def session_id_dealt_twice() -> None:
    """Keep an id, and deal it again a thousand connections later."""
    original, number, kept = sessions.new_session_id, itertools.count(), [""]

    def dealing() -> str:
        place = next(number) % 1000
        dealt = kept[0] if place == 999 else original()
        kept[0] = dealt if place == 0 else kept[0]
        return dealt

    replace(sessions, "new_session_id", dealing)


# --- what selects ------------------------------------------------------------------------------

SYMBOLS = ("NIFTY", "BANKNIFTY", "NIFTYNXT50")


def _widen(wider: Callable[[str], bool]) -> None:
    """Give whoever asks for certain names the ticks of all symbols."""
    original = Fanout.subscribe

    def subscribe(self: Fanout, session: Session, keys: Keys) -> Totals:
        if any(kind == "symbol" and wider(str(name)) for kind, name in keys):
            keys = keys | {("symbol", symbol) for symbol in SYMBOLS}
        return original(self, session, keys)

    replace(Fanout, "subscribe", subscribe)


@fault(
    story="A star in the place of a symbol selects the whole market, whatever its client has paid "
    "for.",
    caught_by={"QA-WS-025": STRAY},
)
def star_selects_the_market() -> None:
    """Take `*` for every symbol."""
    _widen(lambda name: name == "*")


@fault(
    story="Symbols are matched as patterns, so that a few characters select the whole market.",
    caught_by={"QA-WS-025": STRAY},
)
def symbols_matched_as_patterns() -> None:
    """Expand what looks like a pattern."""
    _widen(lambda name: name.endswith("FTY") and "?" in name and fnmatchcase("NIFTY", name))


@fault(
    story="The names of the broker's channels select what goes over them, so that whoever knows "
    "how the service is built reads everything.",
    caught_by={"QA-WS-025": STRAY},
)
def channel_names_select() -> None:
    """Take the channel of options for a symbol."""
    _widen(lambda name: name == "ticker:options")


# --- who publishes -----------------------------------------------------------------------------


def _relay(tick_in: Callable[[str], str | None]) -> None:
    """Publish what a client sends if there is a tick in it, as if it came from the feed."""
    parse, answer = messages.parse_command, TickerService.answer_invalid
    last = [""]

    def parse_command(message: str | bytes) -> Command:
        last[0] = message if isinstance(message, str) else ""
        return parse(message)

    def answer_invalid(self: TickerService, session: Session, invalid: InvalidMessage) -> None:
        try:
            payload = tick_in(last[0]) or ""
            self.fanout.publish(messages.parse_tick(b"ticker:options", payload.encode()))
        except (ValueError, KeyError, TypeError, InvalidTick):
            answer(self, session, invalid)

    replace(messages, "parse_command", parse_command)
    replace(TickerService, "answer_invalid", answer_invalid)


@fault(
    story="A tick that a client sends is handed on like one of the feed, so that anybody can move "
    "the prices that others see.",
    caught_by={"QA-WS-025": UNKNOWN},
)
def ticks_of_clients_relayed() -> None:
    """Take a message for a tick where it is no command."""
    _relay(lambda message: None if '"action"' in message else message)


@fault(
    story="An action of the developers, with which they published ticks, was left in.",
    caught_by={"QA-WS-025": UNKNOWN},
    also=("QA-WS-024",),
)
def publish_action_left_in() -> None:
    """Heed the action publish."""

    def data(message: str) -> str | None:
        command = json.loads(message)
        return json.dumps(command["data"]) if command["action"] == "publish" else None

    _relay(data)


# --- what one gets of another ------------------------------------------------------------------


@fault(
    story="An acknowledgement goes to all sessions of a user, so that the programs of one desk "
    "take each other's subscriptions for their own.",
    caught_by={"QA-WS-025": OTHERS},
    also=("QA-WS-011",),
)
def acknowledgement_to_all_of_a_user() -> None:
    """Send it to everybody of the same subject."""
    original = routes_websocket.handle_subscribe

    def handle_subscribe(service: TickerService, session: Session, selector: Selector) -> None:
        original(service, session, selector)
        totals = Totals(0, 0, 0)
        for other in service.sessions:
            if other is not session and other.claims.sub == session.claims.sub:
                service.fanout.send(other, messages.subscribed(selector, totals))

    replace(routes_websocket, "handle_subscribe", handle_subscribe)


@fault(
    story="The welcome carries, for load balancers, the session id of the client before, so that "
    "everybody knows one that is not his.",
    caught_by={"QA-WS-025": OTHERS},
)
def welcome_names_the_one_before() -> None:
    """Add a member to the message."""
    before, original = [""], messages.welcome

    def welcome(session_id: str) -> bytes:
        text = original(session_id)[:-1] + b',"after":"%b"}' % before[0].encode()
        before[0] = session_id
        return text

    replace(messages, "welcome", welcome)


# --- secrets ---------------------------------------------------------------------------------


def _on_refusal(tell: Callable[[str, str], None]) -> None:
    """Do something with path and token of each connection that is refused for its token."""
    original = routes_websocket.authenticate_ws

    async def authenticate_ws(
        service: TickerService, connection: ServerConnection
    ) -> Claims | None:
        claims = await original(service, connection)
        if claims is None and connection.request:
            tell(connection.request.path, token_of(connection) or "")
        return claims

    replace(routes_websocket, "authenticate_ws", authenticate_ws)


def _on_admission(tell: Callable[[str], None]) -> None:
    """Do something with the address of each connection that is admitted."""
    original = routes_websocket.authenticate_ws

    async def authenticate_ws(
        service: TickerService, connection: ServerConnection
    ) -> Claims | None:
        claims = await original(service, connection)
        if claims is not None and connection.request:
            tell(connection.request.path)
        return claims

    replace(routes_websocket, "authenticate_ws", authenticate_ws)


@fault(
    story="The access log has the address of refused connections with its query, so that a token "
    "which expired a moment too soon, or was meant for another service, lies in the logs.",
    caught_by={"QA-WS-025": OUTPUT + "a whole token"},
)
def refused_tokens_in_access_log() -> None:
    """Write a line past the log's redaction."""
    _on_refusal(lambda path, token: print(f"GET {path} 1008", flush=True))


@fault(
    story="For support the end of a refused token is written to the log, and from many such ends "
    "signatures are put together.",
    caught_by={"QA-WS-025": OUTPUT + "a piece of the signature of a token"},
)
def ends_of_refused_tokens_logged() -> None:
    """Write forty characters."""
    _on_refusal(lambda path, token: print(f"refused …{token[-40:]}", flush=True))


@fault(
    story="The claims of each admitted token are written to the log, with all that the issuer put "
    "into them about the user.",
    caught_by={"QA-WS-025": OUTPUT + "what a token says"},
)
def claims_written_to_the_log() -> None:
    """Write the payload of good tokens."""
    original = TokenVerifier.verify

    def verify(self: TokenVerifier, token: str | None) -> Claims:
        claims = original(self, token)
        payload = jwt.decode(token or "", options={"verify_signature": False})
        logging.getLogger("app.audit").info("admitted %s", payload)
        return claims

    replace(TokenVerifier, "verify", verify)


@fault(
    story="Lines of the log are cleared of tokens but tracebacks are not, so that one crash at the "
    "end of a connection puts its token into the log.",
    caught_by={"QA-WS-025": OUTPUT + "a whole token"},
)
def token_in_a_traceback() -> None:
    """Stumble when the line of a client was cut, with the request in hand."""
    original = routes_websocket.cleanup_connection

    def format_line(self: RedactingFormatter, record: logging.LogRecord) -> str:
        return logging.Formatter.format(self, record)

    def cleanup(service: TickerService, session: Session) -> None:
        connection = session.connection
        original(service, session)
        if connection.protocol.close_rcvd is None and connection.request:
            raise RuntimeError(f"no close frame: {connection.request.path}")

    replace(RedactingFormatter, "format", format_line)
    replace(routes_websocket, "cleanup_connection", cleanup)


@fault(
    story="At the log level DEBUG the library writes every handshake as it came, so that whoever "
    "looks for an error in production collects tokens.",
    caught_by={"QA-WS-025": OUTPUT + "a whole token"},
)
def handshakes_logged_at_debug() -> None:
    """Use Python's own set-up of logs where everything is wanted."""
    original = logs.configure

    def configure(level: str, file: str | None = None) -> None:
        if level == "DEBUG":
            logging.basicConfig(level=level)
        else:
            original(level, file)

    replace(logs, "configure", configure)


@fault(
    story="The page for unknown addresses repeats the address, token and all, and proxies keep it.",
    caught_by={"QA-WS-025": "the answer to a request for /nowhere has a whole token"},
)
def not_found_page_repeats_the_address() -> None:
    """Put the path into the body."""
    original = TickerService.respond
    json_response = server._json_response

    def respond(
        self: TickerService, connection: ServerConnection, request: Request
    ) -> Response | None:
        answer = original(self, connection, request)
        if answer is not None and answer.status_code == 404:
            return json_response(HTTPStatus.NOT_FOUND, {"error": f"no {request.path}"})
        return answer

    replace(TickerService, "respond", respond)


@fault(
    story="What is written to the log file is not cleared of tokens, as the output is; nobody "
    "looks into that file, but backups keep it for years.",
    caught_by={"QA-WS-025": "ticker.log has a whole token"},
)
def tokens_in_the_log_file() -> None:
    """Write refused addresses to the file only, without redaction."""
    original, plain = logs.configure, logging.Formatter("%(message)s")
    audit = logging.getLogger("app.refusals")

    def configure(level: str, file: str | None = None) -> None:
        original(level, file)
        if file:
            handler = logging.FileHandler(file)
            handler.setFormatter(plain)
            audit.addHandler(handler)
            audit.propagate = False

    replace(logs, "configure", configure)
    _on_refusal(lambda path, token: audit.warning("refused %s", path))


@fault(
    story="The log's redaction knows how a token begins; the audit line of a good one has it in "
    "base64, as part of the whole request, and so it passes.",
    caught_by={"QA-WS-025": OUTPUT + "an encoded token"},
)
def tokens_encoded_in_the_log() -> None:
    """Write the address of admitted clients in base64."""

    def tell(path: str) -> None:
        logging.getLogger("app.audit").info("via %s", base64.b64encode(path.encode()).decode())

    _on_admission(tell)


@fault(
    story="The address of an admitted client is written as proxies write it, URL-encoded twice, "
    "so that neither redaction nor a search for the token finds it.",
    caught_by={"QA-WS-025": OUTPUT + "a whole token"},
)
def tokens_url_encoded_in_the_log() -> None:
    """Encode each character of the address, twice."""

    def tell(path: str) -> None:
        once = "".join(f"%{byte:02X}" for byte in path.encode())
        print(f"via {quote(once)}", flush=True)

    _on_admission(tell)


@fault(
    story="A refusal says in its reason which token it is about, and proxies and browsers write "
    "the reason into logs of their own.",
    caught_by={"QA-WS-025": "a close's reason has a piece of the signature of a token"},
    also=(
        "QA-WS-107",
        "QA-WS-021",
    ),
)
def token_in_a_closes_reason() -> None:
    """Append the token's end to the reason."""
    verify = TokenVerifier.verify
    shown = [""]

    def remember(self: TokenVerifier, token: str | None) -> Claims:
        shown[0] = token or ""
        return verify(self, token)

    close = ServerConnection.close

    async def close_with_token(
        self: ServerConnection, code: CloseCode | int = 1000, reason: str = ""
    ) -> None:
        if (code, reason) == closes.AUTHENTICATION_REQUIRED and shown[0]:
            reason = f"{reason} ({shown[0][-48:]})"
        await close(self, code, reason)

    replace(TokenVerifier, "verify", remember)
    replace(ServerConnection, "close", close_with_token)


@fault(
    story="For support the middle part of a refused token is written to the log, without its "
    "signature; whoever can decode base64 reads who the user is.",
    caught_by={"QA-WS-025": OUTPUT + "the payload of a token"},
)
def payloads_of_refused_tokens_logged() -> None:
    """Write the part between the dots."""

    def tell(path: str, token: str) -> None:
        parts = token.split(".")
        if len(parts) == 3:
            print(f"refused claims {parts[1]}", flush=True)

    _on_refusal(tell)


@fault(
    story="The server in front of the application writes one line about each handshake that it "
    "takes, with the address as it came; nothing else that is logged has a token.",
    caught_by={"QA-WS-025": OUTPUT + "a whole token"},
)
def handshake_line_has_the_address() -> None:
    """Write what uvicorn writes by default."""
    _on_admission(lambda path: print(f'"WebSocket {path}" [accepted]', flush=True))


@fault(
    story="The log is written by a queue that hands on what it has most of a second later, "
    "and what it hands on was never cleared of tokens.",
    caught_by={"QA-WS-025": OUTPUT + "a whole token"},
)
def tokens_logged_a_moment_later() -> None:
    """Write the address of refused clients when something else has long been done."""

    def tell(path: str, token: str) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(LATER_S, lambda: print(f"refused {path}", flush=True))

    _on_refusal(tell)


@fault(
    story="Messages are read into one buffer for all clients, and an error quotes what is in it: "
    "with many clients at work, a part of somebody else's message.",
    caught_by={"QA-WS-025": OTHERS},
)
def error_quotes_another_message() -> None:
    """Build the error a moment later, of what has come last."""
    last = [""]
    parse, answer = messages.parse_command, TickerService.answer_invalid

    def parse_and_keep(message: str | bytes) -> Command:
        last[0] = str(message)
        return parse(message)

    def tell(service: TickerService, session: Session, invalid: InvalidMessage) -> None:
        answer(service, session, InvalidMessage(f"{invalid}: {last[0][:200]}"))

    def answer_later(self: TickerService, session: Session, invalid: InvalidMessage) -> None:
        asyncio.get_running_loop().call_later(0.05, tell, self, session, invalid)

    replace(messages, "parse_command", parse_and_keep)
    replace(TickerService, "answer_invalid", answer_later)


@fault(
    story="The answer to one client's ping message goes to everybody, so that a program that waits "
    "for its own takes another's for it.",
    caught_by={"QA-WS-025": OTHERS},
)
def pong_messages_to_everybody() -> None:
    """Broadcast the pong."""
    original = Fanout.send

    def send(self: Fanout, session: Session, payload: bytes) -> None:
        original(self, session, payload)
        if payload == messages.PONG:
            for other in self._sessions:
                if other is not session:
                    original(self, other, payload)

    replace(Fanout, "send", send)


def _by_user(owner: object, name: str, session_at: int) -> None:
    """Let what one client does be done by all clients of the same user."""
    original = getattr(owner, name)

    def for_all(*args: Any) -> Any:
        session = args[session_at]
        service = args[0]
        for other in service.sessions if hasattr(service, "sessions") else service._sessions:
            if other is not session and other.claims.sub == session.claims.sub:
                original(*args[:session_at], other, *args[session_at + 1 :])
        return original(*args)

    replace(owner, name, for_all)


@fault(
    story="Subscriptions are kept by user: when one of its programs gives up a symbol, the others "
    "of that desk stand still.",
    caught_by={"QA-WS-025": "Alice never received ticks that it was due"},
    also=("QA-WS-119",),
)
def unsubscribe_ends_it_for_the_user() -> None:
    """Take the keys from all programs of the user."""
    _by_user(Fanout, "unsubscribe", 1)


@fault(
    story="Subscriptions are kept by user: when one of its programs ends, the others of that desk "
    "stand still.",
    caught_by={"QA-WS-025": "Alice never received ticks that it was due"},
    also=("QA-WS-119",),
)
def leaving_ends_subscriptions_of_the_user() -> None:
    """Forget what all programs of the user hold."""
    original = routes_websocket.cleanup_connection

    def cleanup(service: TickerService, session: Session) -> None:
        for other in service.sessions:
            if other.claims.sub == session.claims.sub:
                service.subscriptions.drop(other)
        original(service, session)

    replace(routes_websocket, "cleanup_connection", cleanup)


@fault(
    story="Subscriptions are members of a plain object, as JavaScript has it, which has members of "
    "its own before anybody subscribes: who asks for one of those ends the process, and everybody "
    "is cut off.",
    caught_by={"QA-WS-025": 'Mallory asked for "__proto__" and got no answer'},
)
def names_of_every_object_end_the_process() -> None:
    """Fall over them where nobody catches it."""
    original = messages._symbol

    def _symbol(value: object) -> str:
        if value in ("__proto__", "constructor", "toString"):
            os._exit(1)
        return original(value)

    replace(messages, "_symbol", _symbol)


@fault(
    story="An error goes to all sessions of a user, so that the programs of one desk look for a "
    "mistake that another one has made.",
    caught_by={"QA-WS-025": OTHERS},
    also=("QA-WS-119",),
)
def error_to_all_of_a_user() -> None:
    """Send it to everybody of the same subject."""

    def answer_invalid(self: TickerService, session: Session, invalid: InvalidMessage) -> None:
        for other in self.sessions:
            if other.claims.sub == session.claims.sub:
                self.fanout.send(other, messages.error(invalid))

    replace(TickerService, "answer_invalid", answer_invalid)


@fault(
    story="Who leaves is struck off the lists of what it had by its user's name: the other program "
    "of the desk that had the same gets no more ticks of it.",
    caught_by={"QA-WS-025": "Alice never received ticks that it was due"},
    also=("QA-WS-119",),
)
def leaving_ends_what_the_user_had_in_common() -> None:
    """Unsubscribe all sessions of the user from what the leaver had."""
    original = routes_websocket.cleanup_connection

    def cleanup_connection(service: TickerService, session: Session) -> None:
        keys = service.subscriptions.keys_of(session)
        for other in service.sessions:
            if other.claims.sub == session.claims.sub:
                service.fanout.unsubscribe(other, keys)
        original(service, session)

    replace(routes_websocket, "cleanup_connection", cleanup_connection)


# --- what names nothing ---------------------------------------------------------------------------


def _take_empty_lists() -> None:
    original = messages._non_empty_list
    replace(
        messages,
        "_non_empty_list",
        lambda name, value: [] if value == [] else original(name, value),
    )


@fault(
    story="A list without symbols is taken for one without a restriction, so that a program with "
    "an empty setting receives the whole market.",
    caught_by={"QA-WS-025": STRAY},
)
def empty_list_selects_the_market() -> None:
    """Ask `if symbols`."""
    _take_empty_lists()
    original = Fanout.subscribe

    def subscribe(self: Fanout, session: Session, keys: Keys) -> Totals:
        return original(self, session, keys or Symbols(SYMBOLS).keys())

    replace(Fanout, "subscribe", subscribe)


@fault(
    story="To unsubscribe from an empty list ends all that a client has, so that a program which "
    "has nothing to give up loses everything.",
    caught_by={"QA-WS-025": "Mallory never received ticks that it was due"},
)
def empty_list_gives_up_everything() -> None:
    """Ask `if keys`."""
    _take_empty_lists()
    original = Fanout.unsubscribe

    def unsubscribe(self: Fanout, session: Session, keys: Keys) -> Totals:
        return original(self, session, keys or self._subscriptions.keys_of(session))

    replace(Fanout, "unsubscribe", unsubscribe)


@fault(
    story="Where one program of a user is closed for its mistake all of them are, as the user is "
    "taken for an attacker: one script with an error takes a whole desk off the market.",
    caught_by={"QA-WS-025": 'closed with 1008 "attack" by the service'},
)
def one_programs_mistake_closes_those_of_its_user() -> None:
    """Close all sessions of a user of which one was closed for a message."""
    original = routes_websocket.cleanup_connection

    def cleanup_connection(service: Service, session: Session) -> None:
        original(service, session)
        said = session.connection.protocol.close_sent
        if said and said.code in (1002, 1007, 1009):
            for other in service.sessions:
                if other.claims.sub == session.claims.sub:
                    other.close(Close(1008, "attack"))

    replace(routes_websocket, "cleanup_connection", cleanup_connection)
