"""TLS with an authority of one's own, and what must not be let in there: QA-WS-114."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import warnings
from urllib.parse import urlsplit

from qaws.clients.raw_connection import RawConnection
from qaws.clients.way_in import way_in
from qaws.runtime.certificates import issue
from qaws.runtime.dialing import TlsLayer
from qaws.runtime.trust import show_own
from qaws.sut.target import CERTIFICATE_SETTINGS
from qaws.testbed.stash import Key
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, NotVerified

NO_TLS = "no TLS"
VERSIONS = {"TLS 1.0": ssl.TLSVersion.TLSv1, "TLS 1.1": ssl.TLSVersion.TLSv1_1}
"""What a feature file calls a version that must not be spoken any more (RFC 8996)."""

ANY_CIPHER = "ALL:@SECLEVEL=0"
"""Old versions need signatures that OpenSSL's usual level of security refuses."""

ATTEMPTS = Key[dict[str, str]]("nobody has tried to connect with an old version of TLS, or none")


def use_service(testbed: Testbed) -> None:
    """Run the service over TLS: as its target file has it, or with a certificate of the suite's.

    Raises:
        NotVerified: the target's certificate is not of an authority that its file names.
    """
    if testbed.target.endpoint.is_private:
        testbed.use_service()
    elif testbed.target.endpoint.is_secure:
        raise NotVerified(
            f"{testbed.target.file}: [endpoint] has no ca_file: the certificate is of an authority "
            "that the system trusts"
        )
    else:
        files = CERTIFICATE_SETTINGS.items()
        testbed.use_service({name: testbed.placeholders[file] for name, file in files})


async def attempt(testbed: Testbed, client: str, how: str) -> None:
    """Let a client try to connect with an old version of TLS, or without TLS, and a valid token.

    Raises:
        Broken: nobody knows that version, or nobody listens.
        NotVerified: this machine does not speak it.
    """
    if how != NO_TLS and how not in VERSIONS:
        raise Broken(f'no "{how}"; known are {", ".join((NO_TLS, *VERSIONS))}')
    found = await (_plainly(testbed, client) if how == NO_TLS else _with(testbed, VERSIONS[how]))
    testbed.scenario.stash.setdefault(ATTEMPTS, {})[client] = found and f"{how}: {found}"


async def is_not_let_in(testbed: Testbed, client: str) -> None:
    """Require that what the client tried brought no connection about."""
    found = testbed.scenario.stash[ATTEMPTS].get(client)
    if found is None:
        raise Broken(f"{client} has not tried to connect with an old version of TLS, or none")
    testbed.scenario.checks.require(
        not found, f"connection of {client}", found or "none came about", "none"
    )


async def _plainly(testbed: Testbed, client: str) -> str:
    """Ask for a WebSocket without TLS; return what came about, "" for nothing."""
    target, token = testbed.target, testbed.tokens.valid()
    raw = RawConnection(client, testbed.dialect, token=token, authority=target.endpoint.authority)
    testbed.scenario.on_end.append(lambda: testbed.loop.call(raw.close(), timeout_s=5))
    way = await way_in(raw, target, testbed.service.url, target.auth.token_locations[0])
    if way is None:
        raise Broken(f"{client} has a valid token, and got no further than to {raw.summary()}")
    url, headers = way[0].replace("wss:", "ws:", 1), way[1]
    await raw.dial(url)
    raw.offer(url, headers.items())
    await raw.wait_for(lambda f: f.kind in ("handshake", "end"), None, testbed.grace_s)
    return "the WebSocket was opened" if raw.http_status == 101 else ""


async def _with(testbed: Testbed, version: ssl.TLSVersion) -> str:
    """Shake hands with that version of TLS only; return what came about, "" for nothing."""
    if not _is_spoken_here(testbed, version):
        raise NotVerified(f"this machine's {ssl.OPENSSL_VERSION} does not speak {version.name}")
    parts = urlsplit(testbed.service.url)
    host, port = parts.hostname or "", parts.port or 443
    context = _client_context(version)
    show_own(context, testbed.service.target.endpoint.authority)
    tls = TlsLayer(context, host)
    try:
        async with asyncio.timeout(testbed.grace_s):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(tls.begin())
                while not tls.is_agreed and (data := await reader.read(1 << 14)):
                    writer.write(tls.received(data)[1])
            finally:
                writer.close()
    except ConnectionRefusedError:
        raise Broken(f"nobody listens at {host}:{port}; is the service running there?") from None
    except (OSError, TimeoutError):
        return ""
    return "the TLS handshake succeeded" if tls.is_agreed else ""


def _is_spoken_here(testbed: Testbed, version: ssl.TLSVersion) -> bool:
    """Return whether the suite's own client and a server of its own agree on a version of TLS."""
    folder = testbed.scratch / "old-tls"
    folder.mkdir(exist_ok=True)
    made = issue(folder)
    serving = _only(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), version)
    serving.load_cert_chain(made.certificate, made.key)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = serving.wrap_bio(to_server, to_client, server_side=True)
    client = TlsLayer(_client_context(version), "localhost")
    try:
        to_server.write(client.begin())
        for _ in range(4):
            with contextlib.suppress(ssl.SSLWantReadError):
                server.do_handshake()
            to_server.write(client.received(to_client.read())[1])
    except ssl.SSLError:
        return False
    return client.is_agreed


def _client_context(version: ssl.TLSVersion) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return _only(context, version)


def _only(context: ssl.SSLContext, version: ssl.TLSVersion) -> ssl.SSLContext:
    context.set_ciphers(ANY_CIPHER)
    with warnings.catch_warnings():  # that these versions are out of use is what this is about
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = version
    return context
