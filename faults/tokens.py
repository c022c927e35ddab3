"""Faults of tokens that must not let anybody in, and of how they are refused: QA-WS-021."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
import urllib.request
import uuid
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.api_jws import PyJWS
from jwt.utils import base64url_decode
from websockets import http11
from websockets.asyncio.server import ServerConnection

from app import auth, closes, jwks, routes_websocket, server
from app.auth import AuthenticationError, Claims, TokenVerifier
from app.jwks import KeySet
from app.server import TickerService
from app.sessions import SessionRegistry
from faults.authentication import (
    MAYBE_WHERE_NOBODY_IS_LET_IN,
    WHERE_NOBODY_IS_LET_IN,
    token_of,
)
from faults.fault import fault, replace

LET_IN = "refusal of Mallory: measured 1 x welcome; still open"
TOLD = "what Mallory was told: measured "
COUNTED = "sessions, subscriptions and files of the service: measured "
NOT_BY_KID = "an unknown kty: is the key chosen by kid?"
AGAIN = "refusal of Ida: measured 1 x welcome; still open"

Lenient = Callable[[TokenVerifier, str], Mapping[str, Any]]


def _also_accept(lenient: Lenient) -> None:
    """Accept what the verifier refuses if `lenient` returns its claims; it may raise anything."""
    original = TokenVerifier.verify

    def verify(self: TokenVerifier, token: str | None) -> Claims:
        try:
            return original(self, token)
        except AuthenticationError:
            try:
                claims = lenient(self, token or "")
                assert not self.is_revoked(claims.get("jti"))
                return Claims(str(claims["sub"]), float(claims.get("exp", "inf")))
            except Exception:
                raise AuthenticationError from None

    replace(TokenVerifier, "verify", verify)


def _signed(self: TokenVerifier, token: str, **options: Any) -> dict[str, Any]:
    """Return the claims of a token of the right key, checked but for what `options` leave out."""
    key = self._keys.find(jwt.get_unverified_header(token)["kid"])
    checks: Any = {"require": ["exp", "sub", "iss", "aud"], "strict_aud": True, **options}
    return jwt.decode(
        token,
        key,
        algorithms=self._algorithms,
        issuer=None if options.get("verify_iss") is False else self._issuer,
        audience=None if options.get("verify_aud") is False else self._audience,
        options=checks,
    )


def _unsigned(token: str) -> dict[str, Any]:
    """Return the claims of a token whose signature is somebody else's affair."""
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def _hmac_fits(token: str, secret: bytes) -> bool:
    signed, _, signature = token.rpartition(".")
    mac = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
    return hmac.compare_digest(mac, base64url_decode(signature))


# --- what is let in ---------------------------------------------------------------


@fault(
    story="A token without an expiry is taken for one that never expires, so that a stolen one is "
    "good for ever.",
    caught_by={"QA-WS-021": LET_IN},
)
def token_without_expiry_accepted() -> None:
    """Do not insist on exp."""

    def lenient(self: TokenVerifier, token: str) -> Mapping[str, Any]:
        return _signed(self, token, require=["sub", "iss", "aud"])

    _also_accept(lenient)


@fault(
    story="The audience is looked for as a part of the text, so that a token for the ticker's "
    "admin console, or for anything of a like name, opens the ticker too.",
    caught_by={"QA-WS-021": LET_IN},
)
def audience_compared_in_part() -> None:
    """Take `in` for equality."""

    def lenient(self: TokenVerifier, token: str) -> Mapping[str, Any]:
        claims = _signed(self, token, verify_aud=False)
        if not isinstance(claims["aud"], str) or self._audience not in claims["aud"]:
            raise ValueError
        return claims

    _also_accept(lenient)


@fault(
    story="Only the beginning of the issuer is compared, so that whoever registers a name that "
    "begins alike can issue tokens.",
    caught_by={"QA-WS-021": LET_IN},
)
def issuer_compared_by_its_beginning() -> None:
    """Take `startswith` for equality."""

    def lenient(self: TokenVerifier, token: str) -> Mapping[str, Any]:
        claims = _signed(self, token, verify_iss=False)
        if not claims["iss"].startswith(self._issuer):
            raise ValueError
        return claims

    _also_accept(lenient)


@fault(
    story="An issuer may be a list, one of which is the right one, so that an issuer that is "
    "trusted elsewhere can name itself beside ours.",
    caught_by={"QA-WS-021": LET_IN},
)
def issuer_in_a_list_accepted() -> None:
    """Look for the issuer in what may be a list."""

    def lenient(self: TokenVerifier, token: str) -> Mapping[str, Any]:
        claims = _signed(self, token, verify_iss=False)
        if not isinstance(claims["iss"], list) or self._issuer not in claims["iss"]:
            raise ValueError
        return claims

    _also_accept(lenient)


@fault(
    story="The algorithm none is refused only as it is usually spelt, so that whoever writes it "
    "nOnE needs no key at all.",
    caught_by={"QA-WS-021": LET_IN},
)
def unsigned_accepted_in_odd_spelling() -> None:
    """Compare in lower case on one side only."""

    def lenient(self: TokenVerifier, token: str) -> Mapping[str, Any]:
        algorithm = jwt.get_unverified_header(token)["alg"]
        if algorithm == "none" or algorithm.lower() != "none":
            raise ValueError
        return _unsigned(token)

    _also_accept(lenient)


@fault(
    story="A token may choose HMAC, and the public key then serves as its secret: everybody who "
    "can read the key set can sign.",
    caught_by={"QA-WS-021": LET_IN},
)
def public_key_taken_for_a_secret() -> None:
    """Check an HMAC with the key's PEM."""

    def lenient(self: TokenVerifier, token: str) -> Mapping[str, Any]:
        public: Any = self._keys.find(jwt.get_unverified_header(token)["kid"]).key
        pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        if not _hmac_fits(token, pem):
            raise ValueError
        return _unsigned(token)

    _also_accept(lenient)


@fault(
    story="The key id is taken for a file's name, so that a forger signs with a file whose content "
    "everybody knows.",
    caught_by={"QA-WS-021": LET_IN},
)
def key_id_taken_for_a_file() -> None:
    """Read the secret from below /etc/keys, or from wherever the kid leads."""

    def lenient(self: TokenVerifier, token: str) -> Mapping[str, Any]:
        kid = jwt.get_unverified_header(token)["kid"]
        secret = Path("/etc/../etc", kid).resolve().read_bytes()
        if not kid or not _hmac_fits(token, secret):
            raise ValueError
        return _unsigned(token)

    _also_accept(lenient)


@fault(
    story="A token may say where its key set is, and the service fetches it and believes it.",
    caught_by={"QA-WS-021": LET_IN},
)
def key_set_of_the_token_believed() -> None:
    """Follow jku."""

    def lenient(self: TokenVerifier, token: str) -> Mapping[str, Any]:
        header = jwt.get_unverified_header(token)
        with urllib.request.urlopen(header["jku"], timeout=1) as answer:
            (key,) = json.load(answer)["keys"]
        return jwt.decode(token, jwt.PyJWK(key), options={"verify_aud": False})

    _also_accept(lenient)


@fault(
    story="The certificate that a token points at is fetched, though not believed: anybody can "
    "make the service call addresses inside the company's network.",
    caught_by={"QA-WS-021": "because Mallory's token pointed at it: measured /certificate.pem"},
)
def certificate_of_the_token_fetched() -> None:
    """Follow x5u, and refuse."""

    def lenient(self: TokenVerifier, token: str) -> Mapping[str, Any]:
        with urllib.request.urlopen(jwt.get_unverified_header(token)["x5u"], timeout=1) as answer:
            answer.read()
        raise ValueError

    _also_accept(lenient)


@fault(
    story="What a token declares critical is not looked at, so that restrictions which newer "
    "issuers put into tokens do not restrict anything.",
    caught_by={"QA-WS-021": LET_IN},
)
def critical_extensions_ignored() -> None:
    """Take the check out of the library and out of the service."""

    def key_for(self: TokenVerifier, header: Mapping[str, Any]) -> jwt.PyJWK:
        if str(header.get("typ", "JWT")).upper() != "JWT":
            raise ValueError
        return self._keys.find(header["kid"])

    replace(PyJWS, "_validate_crit", lambda self, headers: None)
    replace(TokenVerifier, "_key_for", key_for)


@fault(
    story="Of the tokens that are for something else, only the kind that the service has heard of "
    "is refused: a logout token. Any other typ will do.",
    caught_by={"QA-WS-021": LET_IN},
)
def one_foreign_token_type_known() -> None:
    """Look for one typ by name where there are many."""

    def key_for(self: TokenVerifier, header: Mapping[str, Any]) -> jwt.PyJWK:
        if "crit" in header or str(header.get("typ", "JWT")).lower() == "logout+jwt":
            raise ValueError
        return self._keys.find(header.get("kid"))

    replace(TokenVerifier, "_key_for", key_for)


def _lenient_segment(segment: bytes, name: str) -> bytes:
    return base64url_decode(segment)


@fault(
    story="Characters that base64 does not know are skipped, so that one token has many spellings "
    "and a block list of tokens can be walked around.",
    caught_by={"QA-WS-021": LET_IN},
)
def stray_characters_skipped() -> None:
    """Check the form of a token no more, neither here nor in the library."""

    class Anything:
        @staticmethod
        def fullmatch(token: str) -> bool:
            return True

    replace(auth, "_COMPACT", Anything)
    replace(PyJWS, "_decode_base64url_segment", staticmethod(_lenient_segment))


@fault(
    story="An expired token is accepted for a minute more because clocks may differ, so that a "
    "client that was closed for it comes straight back.",
    caught_by={"QA-WS-021": LET_IN, "QA-WS-022": AGAIN},
)
def a_minute_of_leeway() -> None:
    """Accept what expired in the last minute; the session then lasts that long."""

    def lenient(self: TokenVerifier, token: str) -> Mapping[str, Any]:
        claims = _signed(self, token, verify_exp=False)
        if claims["exp"] < time.time() - 60:
            raise ValueError
        return {**claims, "exp": claims["exp"] + 60}

    _also_accept(lenient)


# --- which key of the set is taken -------------------------------------------------------------


@fault(
    story="The first key of the set is taken, whatever key a token names, so that on the day when "
    "the issuer adds a key nobody can log in any more.",
    caught_by={**WHERE_NOBODY_IS_LET_IN, "QA-WS-003": NOT_BY_KID},
    also=MAYBE_WHERE_NOBODY_IS_LET_IN,
)
def first_key_of_the_set_taken() -> None:
    """Do not look at the kid."""
    replace(KeySet, "find", lambda self, kid: next(iter(self.by_kid.values())))


@fault(
    story="The key that fitted the last token is tried first on the next, whatever key that names, "
    "so that tokens of a key that the issuer has withdrawn go on opening sessions.",
    caught_by={"QA-WS-021": LET_IN},
    also=("QA-WS-125",),
)
def last_key_kept_without_its_kid() -> None:
    """Remember a key that has verified a token, but not which it was."""
    fitted: list[jwt.PyJWK] = []
    find, original = KeySet.find, TokenVerifier.verify

    def found(self: KeySet, kid: object) -> jwt.PyJWK:
        return fitted[-1] if fitted else find(self, kid)

    def verify(self: TokenVerifier, token: str | None) -> Claims:
        claims = original(self, token)
        if not fitted:
            fitted.append(find(self._keys, jwt.get_unverified_header(token or "")["kid"]))
        return claims

    replace(KeySet, "find", found)
    replace(TokenVerifier, "verify", verify)


@fault(
    story="What a key of the set is for is not looked at, so that whoever can decrypt with the "
    "issuer's encryption key can sign tokens with it too.",
    caught_by={"QA-WS-021": LET_IN},
)
def encryption_key_taken_for_signatures() -> None:
    """Take use and alg out of the keys."""
    original = jwks._key

    def key(jwk: Mapping[str, Any], algorithms: Collection[str]) -> jwt.PyJWK:
        purpose = ("use", "alg")
        members = {name: jwk[name] for name in jwk if name not in purpose}
        return original(members, algorithms)

    replace(jwks, "_key", key)


# --- how it is refused --------------------------------------------------------------


@fault(
    story="Whoever shows an expired token is told so, and learns that its signature was good.",
    caught_by={"QA-WS-021": TOLD},
)
def expired_token_told_so() -> None:
    """Add a word to the reason."""

    async def authenticate_ws(
        service: TickerService, connection: ServerConnection
    ) -> Claims | None:
        token = token_of(connection)
        try:
            return service.verifier.verify(token)
        except AuthenticationError:
            code, reason = closes.AUTHENTICATION_REQUIRED
            try:
                _signed(service.verifier, token or "")
            except jwt.ExpiredSignatureError:
                reason += " (expired)"
            except Exception:
                pass  # all other tokens are refused as they should
            await connection.close(code, reason)
            return None

    replace(routes_websocket, "authenticate_ws", authenticate_ws)


@fault(
    story="Each refusal has a request id of its own, and beside it a header says whether the token "
    "that was shown has expired, so that a forger learns that its signature was good.",
    caught_by={"QA-WS-021": TOLD + 'www-authenticate: Bearer error="invalid_token"'},
)
def hint_beside_a_request_id() -> None:
    """Refuse by HTTP, with an id that is new each time, and a hint that is not."""

    def headers(hint: str) -> Mapping[str, str]:
        return {"X-Request-ID": str(uuid.uuid4()), "WWW-Authenticate": f"Bearer{hint}"}

    _refuse_by_http(headers)


@fault(
    story="The request id of a refusal begins with what was wrong, so that support can read it, "
    "and so can a forger.",
    caught_by={"QA-WS-021": TOLD + "x-request-id: expired-"},
)
def hint_in_the_request_id() -> None:
    """Put it into the one part of a refusal that is new each time."""
    _refuse_by_http(lambda hint: {"X-Request-ID": f"{'expired-' * bool(hint)}{uuid.uuid4()}"})


@fault(
    story="The cookie of a refusal has an id with and without padding, and an attribute beside it "
    "that says whether the token has expired.",
    caught_by={"QA-WS-021": TOLD + "set-cookie: sid="},
)
def hint_beside_a_padded_id() -> None:
    """Set a cookie whose value has another shape each time."""

    def headers(hint: str) -> Mapping[str, str]:
        value = base64.b64encode(secrets.token_bytes(16 + secrets.randbelow(3))).decode()
        return {"Set-Cookie": f"sid={value}; Path=/{'login' * bool(hint)}; HttpOnly"}

    _refuse_by_http(headers)


def _refuse_by_http(more: Callable[[str], Mapping[str, str]]) -> None:
    """Refuse in answer to the handshake, with headers that may depend on a hint."""
    original = TickerService.respond

    def respond(
        self: TickerService, connection: ServerConnection, request: http11.Request
    ) -> http11.Response | None:
        answer = original(self, connection, request)
        if answer or urlsplit(request.path).path != server.WEBSOCKET_PATH:
            return answer
        token = auth.bearer_token(request.path, request.headers)
        try:
            self.verifier.verify(token)
        except AuthenticationError:
            answer = connection.respond(HTTPStatus.UNAUTHORIZED, "Authentication required\n")
            answer.headers.update(more(_hint(self.verifier, token)))
        return answer

    replace(TickerService, "respond", respond)


def _hint(verifier: TokenVerifier, token: str | None) -> str:
    try:
        _signed(verifier, token or "")
    except jwt.ExpiredSignatureError:
        return ' error="invalid_token"'
    except Exception:
        pass  # all other tokens are refused as they should
    return ""


@fault(
    story="Tokens of more than 8 kB are answered with HTTP 503 before anybody looks at them, so "
    "that their bearers take a bad token for a service that is down, and try for ever.",
    caught_by={"QA-WS-021": "refusal of Mallory: measured HTTP 503"},
)
def long_token_answered_otherwise() -> None:
    """Say that the service is not available."""
    original = TickerService.respond

    def respond(
        self: TickerService, connection: ServerConnection, request: http11.Request
    ) -> http11.Response | None:
        if len(request.path) > 8192:
            return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "try again later\n")
        return original(self, connection, request)

    replace(TickerService, "respond", respond)


@fault(
    story="A token of a hundred kilobytes ends the connection with an internal error, and an alarm "
    "wakes operations whenever somebody sends one.",
    caught_by={"QA-WS-021": "refusal of Mallory: measured no message; closed with 1011"},
)
def long_token_breaks_the_check() -> None:
    """Stumble over the length."""
    original = TokenVerifier.verify

    def verify(self: TokenVerifier, token: str | None) -> Claims:
        if token and len(token) > 65_536:
            raise MemoryError("token buffer")
        return original(self, token)

    replace(TokenVerifier, "verify", verify)


@fault(
    story="Clients whose token has expired are counted as connected although they are refused, so "
    "that a program which tries again and again fills the service up.",
    caught_by={"QA-WS-021": COUNTED},
)
def expired_tokens_counted_as_sessions() -> None:
    """Take a place for each token that is refused for its expiry."""
    original = TokenVerifier.verify
    refused: list[int] = []
    length = SessionRegistry.__len__

    def verify(self: TokenVerifier, token: str | None) -> Claims:
        try:
            return original(self, token)
        except AuthenticationError:
            try:
                _signed(self, token or "")
            except jwt.ExpiredSignatureError:
                refused.append(1)
            except Exception:
                pass  # refused for another reason
            raise

    replace(TokenVerifier, "verify", verify)
    replace(SessionRegistry, "__len__", lambda self: length(self) + len(refused))


@fault(
    story="After a token that names no known key everybody is refused for three seconds, so that "
    "one forger keeps all others out.",
    caught_by={"QA-WS-021": "admission of Alice"},
    also=("QA-WS-025",),
)
def forgery_locks_others_out() -> None:
    """Take an unknown kid for a key rotation, and refuse until it is over."""
    original = TokenVerifier._key_for
    until = [0.0]

    def key_for(self: TokenVerifier, header: Mapping[str, Any]) -> jwt.PyJWK:
        if header.get("kid") not in self._keys.by_kid:
            until[0] = time.monotonic() + 3
        if time.monotonic() < until[0]:
            raise AuthenticationError
        return original(self, header)

    replace(TokenVerifier, "_key_for", key_for)


@fault(
    story="To save time a token that has been checked is known from then on by what it says, "
    "without its signature: whoever knows a user's claims and writes anything behind them "
    "is that user.",
    caught_by={
        "QA-WS-021": "refusal of Mallory's attempt once the token is in use: measured 1 x welcome"
    },
    also=("QA-WS-022", "QA-WS-107", "QA-WS-125"),
)
def checked_tokens_known_by_their_claims() -> None:
    """Look for the token in the cache by all but its last part."""
    original = TokenVerifier.verify
    known: dict[str, Claims] = {}

    def verify(self: TokenVerifier, token: str | None) -> Claims:
        says = (token or "").rpartition(".")[0]
        if says in known and known[says].exp > time.time():
            return known[says]
        known[says] = original(self, token)
        return known[says]

    replace(TokenVerifier, "verify", verify)


def _compare_without_case(claim: str, attribute: str) -> None:
    """Take a claim in other letters for the right one."""
    original = TokenVerifier.verify

    def verify(self: TokenVerifier, token: str | None) -> Claims:
        right = getattr(self, attribute)
        with suppress(jwt.PyJWTError):
            shown = jwt.decode(token or "", options={"verify_signature": False}).get(claim)
            if isinstance(shown, str) and shown.lower() == right.lower():
                setattr(self, attribute, shown)
        try:
            return original(self, token)
        finally:
            setattr(self, attribute, right)

    replace(TokenVerifier, "verify", verify)


@fault(
    story="The names of issuers are compared without regard to case, so that whoever may "
    "register one in other letters at a shared issuer can issue tokens.",
    caught_by={"QA-WS-021": "a forged token: the issuer in letters of the other case"},
    also=("QA-WS-025",),
)
def issuer_compared_without_case() -> None:
    """Compare small letters."""
    _compare_without_case("iss", "_issuer")


@fault(
    story="The names of services are compared without regard to case, so that a token for "
    "another one whose name differs in a capital opens this one too.",
    caught_by={"QA-WS-021": "a forged token: the audience in letters of the other case"},
    also=("QA-WS-025",),
)
def audience_compared_without_case() -> None:
    """Compare small letters."""
    _compare_without_case("aud", "_audience")
