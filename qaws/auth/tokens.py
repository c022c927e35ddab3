"""Tokens for the clients: minted with a key of the suite's, or supplied by the target."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import subprocess
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal

import jwt

from qaws.auth.key_server import KeyServer
from qaws.auth.key_set import (
    SigningKey,
    first_key,
    is_hmac,
    load_key,
    new_key,
    public_jwk,
    published_key_set,
    strong_enough,
)
from qaws.runtime.certificates import Certificates
from qaws.sut.sections import Auth
from qaws.verdict import Broken, hidden

LIFETIME_S = 3600

ONE_USER = "qa-user-of-several-clients"
"""The subject of clients that are one user."""

ISSUED_AGO_S = 30
"""How long ago a good token was issued: a clock that is behind by less must not see it come from
the future."""

COMMAND_ALLOWANCE_S = 20
COMMANDS_AT_ONCE = 8

CLOCKS_AGREE_S = 1.5
"""Clocks that differ by less may be one, as a `Date` header has whole seconds only."""

CLIENT_NUMBER = "QAWS_CLIENT"
"""The variable that tells a token command for which client of the run it is asked, from 1 on."""

FEW = 4
"""So many tokens are signed at once; for more the clients that there are must not wait."""


class Tokens:
    """Where a client's token comes from.

    Each token is that of another person, unless the target says that all clients are one: who
    limits the sessions of a user, or lets a token open one session only, is no worse for that.
    """

    def __init__(self, auth: Auth, folder: Path) -> None:
        """Prepare the source that the target names.

        Args:
            auth: the target's [auth] section.
            folder: where the public keys are written, for the service to read.

        Raises:
            Broken: the key file is missing or of the wrong kind, or a port of the key set is taken.
        """
        self._auth = auth
        self.accepted = False
        """Whether the service has let anybody in with a valid token yet."""
        self._numbers = itertools.count(1)
        self.jwks_file = folder / "jwks.json"
        self._key: SigningKey | None = None
        if auth.generate_key:
            self._key = first_key(auth.algorithm)
        elif auth.key_file:
            self._key = load_key(auth.key_file, auth.algorithm)
        elif auth.secret_variable:
            self._key = _secret(auth.secret_variable, auth.algorithm)
        self._kept: list[str] = []
        self._new_key: SigningKey | None = None
        self.server: KeyServer | None = None
        if self._key:
            self.rotate("former")
        if auth.is_served:
            shown = Certificates.in_folder(folder) if auth.key_set == "https" else None
            self.server = KeyServer(folder, auth.key_set_path, auth.key_set_port, shown)

    def close(self) -> None:
        """Serve the key set no longer, where it was served."""
        if self.server:
            self.server.close()

    @property
    def placeholders(self) -> dict[str, str]:
        """Return where a service finds the key set: placeholder → file or address.

        `secret` is what it checks an HMAC with, "" where tokens are signed otherwise.
        """
        secret = self._key.decode() if isinstance(self._key, bytes) else ""
        return {**self._places(self.jwks_file), "secret": secret}

    def _places(self, file: Path) -> dict[str, str]:
        served = self.server.url(file) if self.server else ""
        return {"jwks_file": str(file), "jwks_url": served}

    def valid(self) -> str:
        """Return a token that the service must accept, for one more client.

        Raises:
            Broken: the target's token command failed, or its file or variable has none.
        """
        if self._key:
            return self.mint()
        return hidden(self._had())

    def _had(self) -> str:
        """Return a token that the target has, as it has it."""
        auth = self._auth
        if auth.token_command:
            return _run(auth.token_command, next(self._numbers))
        if auth.token_file:
            self._kept = self._kept or _read(auth.token_file)
            number = 0 if auth.one_person else next(self._numbers) - 1
            return self._kept[number % len(self._kept)]
        name = auth.token_variable or ""
        if not (token := os.environ.get(name, "").strip()):
            raise Broken(f"[auth] token_variable {name}: is not set; export {name}=<token>")
        return token

    def several(self, count: int, **claims: Any) -> list[str]:
        """Return a token for each of so many clients; it may take some milliseconds for each.

        `claims` are as in `mint`.

        Raises:
            Broken: as with `valid`, and `mint` where there are claims.
        """
        if claims:
            return [self.mint(**claims) for _ in range(count)]
        if not self._auth.token_command:
            return [self.valid() for _ in range(count)]
        if self._auth.one_person:
            return [self.valid()] * count
        with ThreadPoolExecutor(COMMANDS_AT_ONCE) as pool:
            return list(pool.map(lambda _: self.valid(), range(count)))

    async def for_clients(self, count: int, **claims: Any) -> list[str]:
        """Return the same; who else is connected is not kept waiting meanwhile."""
        if self._key and count <= FEW:
            return self.several(count, **claims)
        return await asyncio.to_thread(self.several, count, **claims)

    def renewed(self, token: str | None, **claims: Any) -> str:
        """Return another token of the person that a token of the suite names; "" for none.

        `claims` are as in `mint`.
        """
        if token is None or self._key is None:
            return ""
        try:
            subject = jwt.decode(token, options={"verify_signature": False}).get("sub")
        except jwt.PyJWTError:
            return ""
        own = isinstance(subject, str) and subject.startswith((self._auth.subject, ONE_USER))
        return self.mint(**{"sub": subject, **claims}) if own else ""

    def mint(self, **claims: Any) -> str:
        """Sign a token; `claims` replace the usual ones, None leaves a claim out.

        Raises:
            Broken: the target lets nobody mint.
        """
        headers = {"kid": self._auth.key_id}
        return jwt.encode(
            self.claims(**claims), self.key, algorithm=self._auth.algorithm, headers=headers
        )

    def entitled(self, symbols: Sequence[str]) -> dict[str, Any]:
        """Return the claim by which a token's bearer may see these symbols only.

        Raises:
            Broken: the target names no claim for that.
        """
        if self._auth.entitlement_claim is None:
            raise Broken(
                "[auth] has no entitlement_claim: no token can say what its bearer may see"
            )
        is_list = self._auth.entitlement_shape == "list"
        shaped = list(symbols) if is_list else " ".join(symbols)
        return {self._auth.entitlement_claim: shaped}

    def rotate(self, signing: Literal["former", "both", "new"]) -> None:
        """Publish a key set with the key that signs tokens, with one that replaces it, or both.

        The file is replaced in one go: nobody reads half a set.

        Raises:
            Broken: the target lets nobody mint.
        """
        auth = self._auth
        keys = published_key_set(self.key, auth.algorithm, auth.key_id)
        if signing != "former":
            self._new_key = self._new_key or new_key(auth.algorithm)
            keys["keys"].append(public_jwk(self._new_key, auth.algorithm, self._new_key_id))
        if signing == "new":
            keys["keys"] = [key for key in keys["keys"] if key["kid"] != auth.key_id]
        whole = self.jwks_file.with_suffix(".new")
        whole.write_text(json.dumps(keys), encoding="utf-8")
        whole.replace(self.jwks_file)

    def lone_key_set(self) -> dict[str, str] | None:
        """Write a key set of nothing but the right key; return where a service finds it.

        None where the suite has made no key.
        """
        if not self._key or is_hmac(self._auth.algorithm):
            return None
        lone = self.jwks_file.with_name("jwks-lone.json")
        keys = {"keys": [public_jwk(self._key, self._auth.algorithm, self._auth.key_id)]}
        lone.write_text(json.dumps(keys), encoding="utf-8")
        return self._places(lone)

    def of_new_key(self) -> str:
        """Sign a token with the key that `rotate` has added.

        Raises:
            Broken: it has added none.
        """
        if self._new_key is None:
            raise Broken("no step has added a signing key to the key set")
        headers = {"kid": self._new_key_id}
        return jwt.encode(self.claims(), self._new_key, self._auth.algorithm, headers)

    @property
    def _new_key_id(self) -> str:
        return f"{self._auth.key_id}-rotated"

    def claims(self, **changed: Any) -> dict[str, Any]:
        """Return the usual claims; `changed` replace them, None leaves a claim out."""
        now = int(time.time())
        number = next(self._numbers)
        subject = self._auth.subject
        usual = {
            "sub": subject if self._auth.one_person else f"{subject}-{number}",
            "iss": self._auth.issuer,
            "aud": self._auth.audience,
            "iat": now - ISSUED_AGO_S,
            "exp": now + LIFETIME_S,
            "jti": uuid.uuid4().hex,
        }
        return {name: value for name, value in {**usual, **changed}.items() if value is not None}

    @property
    def key(self) -> SigningKey:
        """Return the key that the service's tokens are signed with.

        Raises:
            Broken: the target lets nobody mint.
        """
        if self._key is None:
            raise Broken("[auth] has no generate_key, key_file or secret_variable: nobody can mint")
        return self._key

    def hint(self, token: str, ahead_s: float | None) -> str:
        """Return what to look at where the service lets nobody in; "" once it has.

        Args:
            token: one that was not accepted; what it claims is held against the service's clock.
            ahead_s: by how much that is ahead of the suite's; None where the service does not say.
        """
        if self.accepted:
            return ""
        words = "no valid token has been accepted yet"
        if claimed := in_words(token, ahead_s):
            words += f"; this one claimed {claimed}"
        if self._auth.generate_key and not is_hmac(self._auth.algorithm):
            words += (
                f"; in the key set {self.key_id} comes after another signing key, an encryption "
                "key and an unknown kty: is the key chosen by kid?"
            )
        return words

    @property
    def leeway_s(self) -> float:
        """Return by how many seconds the service lets clocks differ."""
        return self._auth.leeway_s

    @property
    def algorithm(self) -> str:
        """Return the name of the algorithm that they are signed with (RFC 7518, section 3.1)."""
        return self._auth.algorithm

    @property
    def key_id(self) -> str:
        """Return the `kid` under which the service knows the key."""
        return self._auth.key_id


def in_words(token: str, ahead_s: float | None) -> str:
    """Return what a token claims, and its times by the service's clock; "" for no JWT."""
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        return ""
    if ahead_s is None:
        clock = "the suite's clock, as the service's answer has no Date"
    elif abs(ahead_s) < CLOCKS_AGREE_S:
        clock = "the service's clock, which agrees with the suite's"
    else:
        way = "ahead of" if ahead_s > 0 else "behind"
        clock = f"the service's clock, which is {abs(ahead_s):.0f} s {way} the suite's"
    now_s = time.time() + (ahead_s or 0.0)
    named = [f"{name} {claims[name]!r}" for name in ("iss", "aud", "sub") if name in claims]
    times = [
        f"{name} {abs(claims[name] - now_s):.0f} s {'ago' if claims[name] <= now_s else 'ahead'}"
        for name in ("iat", "nbf", "exp")
        if isinstance(claims.get(name), int | float)
    ]
    return f"{', '.join([*named, *times])}, by {clock}"


def _secret(variable: str, algorithm: str) -> bytes:
    if not (secret := os.environ.get(variable, "").strip()):
        raise Broken(f"[auth] secret_variable {variable}: is not set; export {variable}=<secret>")
    return strong_enough(secret.encode(), algorithm, f"secret_variable {variable}")


def _read(file: Path) -> list[str]:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        reason = getattr(problem, "strerror", None) or "is not text"
        raise Broken(f"[auth] token_file {file}: {reason}") from None
    found = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    if not found:
        raise Broken(f"[auth] token_file {file}: has no token in it; give one a line")
    return found


def _run(command: list[str], number: int) -> str:
    environment = {**os.environ, CLIENT_NUMBER: str(number)}
    shown = " ".join(command)
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=COMMAND_ALLOWANCE_S,
            check=False,
            env=environment,
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise Broken(f"[auth] token_command {shown!r}: {problem}") from None
    token = done.stdout.strip()
    if done.returncode or not token:
        error = (done.stderr.strip().splitlines() or ["it printed no token"])[-1]
        raise Broken(f"[auth] token_command {shown!r}: exit code {done.returncode}: {error}")
    return token
