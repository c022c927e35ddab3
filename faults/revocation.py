"""Faults of tokens that their issuer takes back: QA-WS-107."""

from __future__ import annotations

from typing import Any

from websockets.datastructures import Headers

from app import auth, closes
from app.auth import Claims, TokenVerifier
from app.closes import Close
from app.revocation import Denylist
from app.server import TickerService
from app.sessions import Session
from faults.fault import fault, replace

STILL_LET_IN = "refusal of Alice: measured 1 x welcome"
END_OF_LARS = "end of Lars's session after its token was revoked: measured "


@fault(
    story="The list of revoked tokens is written by the help desk and read by nobody, so that a "
    "stolen token opens sessions until it expires.",
    caught_by={"QA-WS-107": STILL_LET_IN},
)
def revocation_ignored() -> None:
    """Know of no revoked token."""
    replace(Denylist, "has", lambda self, jti: False)


@fault(
    story="The list of revoked tokens is read every minute, so that a thief has a minute more "
    "after everybody believes that the door is shut.",
    caught_by={"QA-WS-107": STILL_LET_IN},
)
def revocation_seen_late() -> None:
    """Look at the file at the start, and not again for as long as a scenario lasts."""
    original = Denylist.look_again
    looked: set[int] = set()

    def look_again(self: Denylist) -> None:
        if id(self) not in looked:
            looked.add(id(self))
            original(self)

    replace(Denylist, "look_again", look_again)


@fault(
    story="What was revoked is forgotten when the service starts again, so that each deployment "
    "brings stolen tokens back to life.",
    caught_by={"QA-WS-107": STILL_LET_IN},
)
def revocation_forgotten_at_restart() -> None:
    """Leave out what the file had when the service started."""
    original, init = Denylist.look_again, Denylist.__init__
    former: dict[int, frozenset[str]] = {}

    def start(self: Denylist, file: str) -> None:
        init(self, file)
        former[id(self)], self.ids = self.ids, frozenset()

    def look_again(self: Denylist) -> None:
        known = self.ids
        original(self)
        if self.ids is not known:
            self.ids -= former.get(id(self), frozenset())

    replace(Denylist, "__init__", start)
    replace(Denylist, "look_again", look_again)


@fault(
    story="With one token all tokens of its user are revoked, so that whoever reports a lost phone "
    "is locked out at the desk too, until somebody clears the list.",
    caught_by={"QA-WS-107": "admission of Alice: measured "},
)
def revocation_of_the_whole_user() -> None:
    """Refuse every token of a subject of which one was revoked."""
    revoked: set[str] = set()
    original = TokenVerifier.is_revoked
    verify = TokenVerifier.verify
    subjects: dict[str, str] = {}

    def is_revoked(self: TokenVerifier, jti: str | None) -> bool:
        is_listed = original(self, jti)
        if is_listed and jti in subjects:
            revoked.add(subjects[jti])
        return is_listed

    def checked(self: TokenVerifier, token: str | None) -> Claims:
        claims = verify(self, token)
        if claims.sub in revoked:
            raise auth.AuthenticationError
        subjects[claims.jti or ""] = claims.sub
        return claims

    replace(TokenVerifier, "is_revoked", is_revoked)
    replace(TokenVerifier, "verify", checked)


@fault(
    story="As soon as one token is on the list all are refused that were issued before, so that "
    "one lost phone has a thousand clients log in again in the middle of the trading day.",
    caught_by={"QA-WS-107": "admission of Bob: measured "},
)
def revocation_of_everybody() -> None:
    """Refuse every token that was accepted before something was revoked."""
    original = TokenVerifier.is_revoked
    accepted: set[str | None] = set()
    cleared: set[str | None] = set()

    def is_revoked(self: TokenVerifier, jti: str | None) -> bool:
        if original(self, jti):
            cleared.update(accepted)
            return True
        accepted.add(jti)
        return jti in cleared

    replace(TokenVerifier, "is_revoked", is_revoked)


@fault(
    story="Revoked tokens are looked up where the token is in the address, and not where it is in "
    "the header, so that a thief needs only another client.",
    caught_by={"QA-WS-107": STILL_LET_IN},
)
def revocation_not_in_the_header() -> None:
    """Leave out the check for a token of the Authorization header."""
    find, has = auth.bearer_token, Denylist.has
    in_header = [False]

    def bearer_token(path: str, headers: Headers) -> str | None:
        in_header[0] = "Authorization" in headers
        return find(path, headers)

    def is_known(self: Denylist, jti: str | None) -> bool:
        return not in_header[0] and has(self, jti)

    replace(auth, "bearer_token", bearer_token)
    replace(Denylist, "has", is_known)


@fault(
    story="Who shows a revoked token is told so, so that a thief learns that the token was genuine "
    "and that its owner has noticed.",
    caught_by={"QA-WS-107": "what Alice was told: measured "},
)
def revocation_told_to_the_thief() -> None:
    """Say more in the reason of a refusal where the last token looked at was revoked."""
    original, verify = TokenVerifier.is_revoked, TokenVerifier.verify
    missing = closes.AUTHENTICATION_REQUIRED

    def is_revoked(self: TokenVerifier, jti: str | None) -> bool:
        found = original(self, jti)
        if found:
            words = f"{missing.reason}: token revoked"
            closes.AUTHENTICATION_REQUIRED = Close(missing.code, words)
        return found

    def checked(self: TokenVerifier, token: str | None) -> Claims:
        closes.AUTHENTICATION_REQUIRED = missing
        return verify(self, token)

    replace(TokenVerifier, "is_revoked", is_revoked)
    replace(TokenVerifier, "verify", checked)


@fault(
    story="A revoked token opens nothing any more, but the session that the thief has open goes on "
    "until the token expires.",
    caught_by={"QA-WS-107": END_OF_LARS},
)
def sessions_of_revoked_tokens_go_on() -> None:
    """Close nobody."""
    replace(Session, "close_revoked", lambda self: None)


@fault(
    story="A session of a revoked token is ended with its next tick, so that one on a market that "
    "rests stays open, and sends what it likes.",
    caught_by={"QA-WS-107": END_OF_LARS},
)
def revoked_sessions_end_with_a_tick_only() -> None:
    """Close those that have something to read, and leave the others."""
    replace(Session, "close_revoked", lambda self: None)
    tick = TickerService.on_tick

    def on_tick(self: TickerService, channel: bytes, payload: bytes) -> None:
        revoked = self.verifier.revoked
        symbol = "BANKNIFTY" if b'"BANKNIFTY"' in payload else "NIFTY"
        for session in self.sessions:
            wants = any(name == symbol for _, name in self.subscriptions.keys_of(session))
            if wants and revoked and session.claims.jti in revoked.ids:
                session.close(closes.TOKEN_REVOKED)
        tick(self, channel, payload)

    replace(TickerService, "on_tick", on_tick)


@fault(
    story="When a token is revoked its sessions are not closed but cut, so that their clients take "
    "it for a bad network and try again for ever.",
    caught_by={"QA-WS-107": END_OF_LARS},
)
def revoked_sessions_are_cut() -> None:
    """Abort the transport where a close frame is due."""
    replace(Session, "close_revoked", lambda self: self.connection.transport.abort())


@fault(
    story="When a token is revoked everybody's sessions end, so that one lost phone brings a storm "
    "of reconnects.",
    caught_by={"QA-WS-107": "open connections of Nora: measured "},
)
def revocation_closes_the_neighbours() -> None:
    """Close all sessions as soon as one is to be closed."""
    services: list[TickerService] = []
    listen = TickerService._listen

    async def listening(self: TickerService) -> Any:
        services.append(self)
        return await listen(self)

    def close_revoked(self: Session) -> None:
        for service in services:
            for session in service.sessions:
                session.close(closes.TOKEN_REVOKED)

    replace(TickerService, "_listen", listening)
    replace(Session, "close_revoked", close_revoked)
