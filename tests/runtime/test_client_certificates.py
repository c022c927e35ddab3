"""Certificates that clients show of themselves: every kind of client, and what is said without."""

import asyncio
import contextlib
import ssl
import stat
import threading

import pytest
from cryptography.hazmat.primitives import serialization
from websockets.asyncio.server import serve

from qaws.clients.connection import Connection
from qaws.clients.raw_connection import RawConnection
from qaws.protocol.dialect import QaWs
from qaws.runtime.certificates import issue
from qaws.runtime.trust import (
    client_complaint,
    client_context,
    read_authority,
    speaks_tls,
    with_own,
)
from tests.waiting import HANG_S

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


@pytest.fixture
def made(tmp_path):
    return issue(tmp_path)


@pytest.fixture
def stranger(tmp_path_factory):
    return issue(tmp_path_factory.mktemp("stranger"))


def of(made, shown=None):
    """Return what a client takes that trusts one authority and shows what another has signed."""
    shown = shown or made
    return with_own(read_authority(made.authority), shown.client, shown.client_key)


@contextlib.contextmanager
def asking(made, version="1.3", mode=ssl.CERT_REQUIRED):
    """Serve WebSockets on asyncio; who comes is asked for a certificate of that authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.certificate, made.key)
    context.load_verify_locations(made.authority)
    context.verify_mode, context.maximum_version = mode, VERSIONS[version]
    started, port = threading.Event(), []
    loop = asyncio.new_event_loop()

    async def main():
        async def wait(connection):
            await connection.wait_closed()

        over = loop.create_future()
        async with serve(wait, "127.0.0.1", 0, ssl=context) as server:
            port.extend((server.sockets[0].getsockname()[1], over))
            started.set()
            await over

    thread = threading.Thread(target=loop.run_until_complete, args=(main(),))
    thread.start()
    try:
        assert started.wait(HANG_S)
        yield port[0]
    finally:
        loop.call_soon_threadsafe(port[1].set_result, None)
        thread.join(HANG_S)
        loop.close()


async def functional(authority, port):
    client = Connection("Alice", QaWs(), authority=authority)
    await client.open(f"wss://127.0.0.1:{port}/")
    opened = client.is_open
    await client.close()
    return opened


async def raw(authority, port):
    url = f"wss://127.0.0.1:{port}/"
    client = RawConnection("Mallory", QaWs(), authority=authority)
    try:
        await client.dial(url)
        client.offer(url, [])
        await client.wait_for(lambda f: f.kind in ("handshake", "end"), None, HANG_S)
        return client.http_status == 101
    finally:
        await client.close()


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("client", [functional, raw])
def test_who_shows_a_certificate_is_let_in(made, loop, client, version):
    with asking(made, version) as port:
        assert loop.call(client(of(made), port), HANG_S)
        assert client_complaint("127.0.0.1", port, of(made), 0.2) == ""


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("known", [True, False])
def test_a_service_that_wants_one_is_told_in_one_line(made, stranger, version, known):
    authority = of(made, stranger) if known else read_authority(made.authority)
    with asking(made, version) as port:
        said = client_complaint("127.0.0.1", port, authority, HANG_S)
        assert speaks_tls("127.0.0.1", port)
    assert said.startswith("the service asks for a certificate of the client, ")
    assert said.endswith("; look at [endpoint] client_certificate")
    assert "\n" not in said


@pytest.mark.parametrize("mode", [ssl.CERT_NONE, ssl.CERT_OPTIONAL])
def test_a_service_that_does_not_insist_is_not_accused(made, mode):
    with asking(made, mode=mode) as port:
        assert client_complaint("127.0.0.1", port, read_authority(made.authority), 0.2) == ""


def test_nobody_there_is_no_complaint(made):
    assert client_complaint("127.0.0.1", 1, of(made)) == ""


def test_trust_is_the_same_with_a_certificate_of_ones_own(made, stranger):
    own = with_own(read_authority(stranger.authority), made.client, made.client_key)
    for authority in (own, with_own("", made.client, made.client_key)):
        names = [dict(part[0] for part in ca["subject"]) for ca in _authorities(authority)]
        assert not [name for name in names if name.get("commonName") == "qa-client"]
    assert len(_authorities(own)) == 1
    assert with_own("text", None, None) == "text"


def _authorities(authority):
    return client_context(authority).get_ca_certs()


def test_one_file_may_have_both(made, tmp_path):
    both = tmp_path / "both.pem"
    both.write_bytes(made.client.read_bytes() + made.client_key.read_bytes())
    assert with_own("", both, None)


def test_the_key_is_for_nobody_else_to_read(made):
    assert stat.S_IMODE(made.client_key.stat().st_mode) == 0o600


def test_what_cannot_be_shown_is_told(made, stranger, tmp_path):
    with pytest.raises(ValueError, match=r"cannot be read: No such file or directory: .*none"):
        with_own("", tmp_path / "none", None)
    for certificate, key in ((made.client, None), (made.client, stranger.client_key)):
        with pytest.raises(ValueError, match="is no certificate in PEM with its key"):
            with_own("", certificate, key)
    locked = tmp_path / "locked.key"
    key = serialization.load_pem_private_key(made.client_key.read_bytes(), None)
    locked.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    with pytest.raises(ValueError, match="which must have no password"):
        with_own("", made.client, locked)
