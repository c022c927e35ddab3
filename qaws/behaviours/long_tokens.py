"""Valid tokens of many bytes: that they are as good as short ones, and from which length on not.

Every function takes the testbed first and runs on its loop thread (`Testbed.do`).
"""

from __future__ import annotations

from collections.abc import Iterator

from qaws.auth.tokens import Tokens
from qaws.behaviours import lifecycle
from qaws.clients.connection import Connection
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken


async def connect(testbed: Testbed, client: str, kib: int, location: str) -> None:
    """Connect a client with a valid token of so many KiB, not less and hardly more.

    Where it is turned away, shorter ones are shown in the same place until one is welcomed, so that
    the verdict can say whether it was the length.

    Raises:
        Broken: the target lets nobody mint, or no token is so short.
        NotVerified: the target does not have that location.
    """
    token, which = of_kib(testbed.tokens, kib), f"a valid token of {kib} KiB"
    (connection,) = await lifecycle.connect(
        testbed, [client], token, location=location, which=which
    )
    if not connection.is_welcomed and not connection.is_open:
        await _try_shorter(testbed, connection, kib, location)


async def connect_with_fractions(testbed: Testbed, client: str, location: str) -> None:
    """Connect a client whose token says to fractions of a second when it was issued and expires.

    A NumericDate may have them (RFC 7519, section 2), and issuers that do not round do.

    Raises:
        Broken: the target lets nobody mint.
        NotVerified: the target does not have that location.
    """
    usual = testbed.tokens.claims()
    token = testbed.tokens.mint(exp=usual["exp"] + 0.5, iat=usual["iat"] + 0.25)
    which = "a valid token whose times have fractions of a second"
    await lifecycle.connect(testbed, [client], token, location=location, which=which)


async def _try_shorter(testbed: Testbed, refused: Connection, kib: int, location: str) -> None:
    """Note with what a long token came how shorter ones fare in the same place."""
    said = []
    for length, token in _shorter(testbed.tokens, kib):
        name, which = f"{refused.name}'s attempt with {length}", f"a valid token of {length}"
        (tried,) = await lifecycle.connect(testbed, [name], token, location=location, which=which)
        if tried.is_welcomed:
            testbed.tokens.accepted = True
            said.append(f"one of {length} was welcomed there, so it is the length")
            break
        said.append(f"one of {length} was turned away there too")
    refused.came_with = "; ".join([refused.came_with, *said])


def _shorter(tokens: Tokens, kib: int) -> Iterator[tuple[str, str]]:
    """Yield tokens of half the length each time, at last the shortest: length in words, token."""
    shortest = tokens.mint(groups=[])
    while (kib := kib // 2) and kib * 1024 > len(shortest):
        yield f"{kib} KiB", of_kib(tokens, kib)
    yield f"{len(shortest)} bytes", shortest


def of_kib(tokens: Tokens, kib: int) -> str:
    """Return a valid token of so many KiB.

    It lists the groups of its bearer, as those of issuers do. Whoever does not understand that
    claim must ignore it (RFC 7519, section 4).

    Raises:
        Broken: the target lets nobody mint, or no token is so short.
    """
    wanted, count = kib * 1024, 0
    token = tokens.mint(groups=[])
    if len(token) > wanted:
        raise Broken(f"{kib} KiB: a token without groups has {len(token)} bytes already")
    while len(token) < wanted:
        missing = (wanted - len(token)) * 3 // 4  # base64url makes four bytes of three
        count += max(1, missing // len('"group-0000",'))
        token = tokens.mint(groups=[f"group-{number:04}" for number in range(count)])
    return token
