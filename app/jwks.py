"""The issuer's keys: a JSON Web Key Set (RFC 7517) in a file or behind an http(s) URL."""

import json
import logging
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Collection, Iterable, Mapping
from http.client import HTTPException
from pathlib import Path
from typing import Any, BinaryIO

import jwt

URL_TIMEOUT_S = 10.0
MAX_BYTES = 1024 * 1024
REREAD_EVERY_S = 1.0
"""How often a file is looked at again, at most, whatever tokens come; a URL for an unknown key."""
REFETCH_EVERY_S = 5.0
"""How often a URL is asked again, at most, as long as all keys are known."""
MAX_NAMED = 10
"""So many ignored keys are named in a line of the log; the others are counted."""

_KIND_OF = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
"""How the name of an algorithm begins → the ``kty`` of its keys (RFC 7518, section 6; RFC 8037)."""
_CURVES_OF = {
    "ES256": ["P-256"],
    "ES256K": ["secp256k1"],
    "ES384": ["P-384"],
    "ES512": ["P-521"],
    "EdDSA": ["Ed25519", "Ed448"],
}
"""Algorithm → the ``crv`` that its keys may have (RFC 7518, section 3.4; RFC 8037; RFC 8812)."""

_log = logging.getLogger(__name__)

Keys = dict[str | None, jwt.PyJWK]
"""Keys by their ``kid``; the only key of a set may have none, and stands under None."""


class JwksError(Exception):
    """The key set could not be used. The message names the source and the reason."""


class _UnusableKeyError(Exception):
    """This key verifies no signature here; the message says why."""


class KeySet:
    """The keys of one source that verify signatures.

    What is not understood or not meant for signatures is ignored (RFC 7517, section 5). A file is
    looked at again when a token comes, at most once a second, and once more for a ``kid`` that is
    unknown: an issuer's new key is soon known, and a withdrawn one forgotten, without a restart.
    A set behind a URL is fetched again by a thread, because to wait for it would hold everybody up:
    the token that gave rise to it is judged by what is known, and the next ones by what has come.
    """

    def __init__(self, source: str, algorithms: Iterable[str]) -> None:
        """Read the key set from a path or a URL.

        Raises:
            JwksError: the source cannot be read, is no key set, or has no usable key.
        """
        self._source = source
        self._algorithms = tuple(algorithms)
        self._text = _read(source)
        self.by_kid: Keys = _parse(source, self._text, self._algorithms)
        # A pipe can be read once only, and would hold the service up.
        self._is_rereadable = _is_url(source) or Path(source).is_file()
        self._fetching = threading.Lock()
        self._looked_at = {True: time.monotonic(), False: float("-inf")}
        self._complaint = ""

    def find(self, kid: object) -> jwt.PyJWK:
        """Return the key of this name, or the only key of a set that gives it none.

        Raises:
            KeyError: there is none.
        """
        is_known = isinstance(kid, str) and kid in self.by_kid
        now, is_url = time.monotonic(), _is_url(self._source)
        every_s = REFETCH_EVERY_S if is_known and is_url else REREAD_EVERY_S
        if self._is_rereadable and now - self._looked_at[is_known] >= every_s:
            self._looked_at[is_known] = now
            if is_url:
                self._look_again_aside()
            else:
                self._look_again()
        if only := self.by_kid.get(None):
            return only
        if not isinstance(kid, str):
            raise KeyError("no kid")
        return self.by_kid[kid]

    def _look_again_aside(self) -> None:
        """Look again in a thread, unless one is at it already."""

        def look() -> None:
            try:
                self._look_again()
            finally:
                self._fetching.release()

        if self._fetching.acquire(blocking=False):
            threading.Thread(target=look, name="key set", daemon=True).start()

    def _look_again(self) -> None:
        """Take over what has changed; a file that cannot be used changes nothing."""
        try:
            text = _read(self._source)
            if text != self._text:
                self._text = text
                self.by_kid = _parse(self._source, text, self._algorithms)
                names = ", ".join(repr(kid) for kid in self.by_kid)
                _log.info("%s: has changed; keys are now %s", self._source, names)
            self._complaint = ""
        except JwksError as error:
            if (complaint := str(error)) != self._complaint:
                self._complaint = complaint
                _log.warning("%s; the keys known so far are kept", complaint)


def _is_url(source: str) -> bool:
    return source.startswith(("http://", "https://"))


def _read(source: str) -> bytes:
    try:
        if not _is_url(source):
            with Path(source).open("rb") as file:
                return _whole(file)
        with urllib.request.urlopen(source, timeout=URL_TIMEOUT_S) as response:
            return _whole(response)
    except urllib.error.HTTPError as error:
        raise JwksError(f"{source}: cannot be read: HTTP {error.code}") from None
    except (OSError, ValueError, HTTPException) as error:
        reason = getattr(error, "strerror", None) or getattr(error, "reason", None) or error
        raise JwksError(f"{source}: cannot be read: {reason}") from None


def _whole(file: BinaryIO) -> bytes:
    text = file.read(MAX_BYTES + 1)
    if len(text) > MAX_BYTES:
        raise ValueError(f"larger than {MAX_BYTES} bytes")
    return text


def _parse(source: str, text: bytes, algorithms: Collection[str]) -> Keys:
    """Return the usable keys of a set, and log in one line which others it has.

    Raises:
        JwksError: it is no key set, or has no usable key.
    """
    try:
        entries = json.loads(text)["keys"]
        if not isinstance(entries, list):
            raise TypeError("keys is not an array")
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise JwksError(
            f"{source}: not a JSON Web Key Set ({type(error).__name__}: {error})"
        ) from None
    usable: list[tuple[str, str | None, jwt.PyJWK]] = []
    ignored: list[str] = []
    for number, jwk in enumerate(entries, 1):
        kid = jwk.get("kid") if isinstance(jwk, dict) else None
        name = f"kid {kid[:64]!r}" if isinstance(kid, str) else f"no. {number}"
        try:
            usable.append((name, _kid(jwk), _key(jwk, algorithms)))
        except _UnusableKeyError as reason:
            ignored.append(f"{name}: {reason}")
    keys: Keys = {}
    for name, kid, key in usable:
        if kid is None and len(usable) > 1:
            ignored.append(f"{name}: has no kid, and others could be meant")
        elif kid in keys:
            ignored.append(f"{name}: an earlier key has the same kid")
        else:
            keys[kid] = key
    told = _told(ignored, len(entries))
    if not keys:
        names = ", ".join(sorted(algorithms))
        raise JwksError(f"{source}: has no public key that verifies {names}{told and f' ({told})'}")
    if told:
        _log.info("%s: %s", source, told)
    return keys


def _told(ignored: list[str], total: int) -> str:
    """Say how many keys were ignored and why, in one line; nothing if there are none."""
    if not ignored:
        return ""
    named = "; ".join(ignored[:MAX_NAMED])
    others = f"; and {len(ignored) - MAX_NAMED} more" if len(ignored) > MAX_NAMED else ""
    return f"{len(ignored)} of {total} keys ignored: {named}{others}"


def _kid(jwk: object) -> str | None:
    kid = jwk.get("kid") if isinstance(jwk, dict) else None
    if not isinstance(kid, str | None):
        raise _UnusableKeyError("kid is not a text")
    return kid


def _key(jwk: Mapping[str, Any], algorithms: Collection[str]) -> jwt.PyJWK:
    """Return the key, for its own algorithm or else the first that fits.

    Raises:
        _UnusableKeyError: it verifies no signatures of these algorithms.
    """
    if not isinstance(jwk, dict):
        raise _UnusableKeyError("not an object")
    kind, alg, key_ops = jwk.get("kty"), jwk.get("alg"), jwk.get("key_ops")
    if kind == "oct" or "d" in jwk:
        raise _UnusableKeyError("is secret, and should not be here")
    if kind not in _KIND_OF.values():
        raise _UnusableKeyError(f"kty {_short(kind)} is not understood")
    if jwk.get("use") not in (None, "sig"):
        raise _UnusableKeyError(f"use is {_short(jwk['use'])}")
    if key_ops is not None and not (isinstance(key_ops, list) and "verify" in key_ops):
        raise _UnusableKeyError(f"key_ops is {_short(key_ops)}")
    fitting = [name for name in algorithms if _fits(name, jwk)]
    if not fitting:
        curve = f" of crv {_short(jwk['crv'])}" if "crv" in jwk else ""
        raise _UnusableKeyError(f"kty {kind}{curve} fits no accepted algorithm")
    if alg is not None and alg not in fitting:
        raise _UnusableKeyError(f"alg {_short(alg)} is not accepted for it")
    try:
        key = jwt.PyJWK(jwk, alg or fitting[0])
        weakness = key.Algorithm.check_key_length(key.key)
    except Exception as error:  # whatever a broken member provokes, in whichever library
        raise _UnusableKeyError(f"is broken ({type(error).__name__})") from None
    if weakness:
        raise _UnusableKeyError(weakness)
    return key


def _fits(algorithm: str, jwk: Mapping[str, Any]) -> bool:
    curves = _CURVES_OF.get(algorithm)
    return _KIND_OF[algorithm[:2]] == jwk["kty"] and (curves is None or jwk.get("crv") in curves)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}…"
