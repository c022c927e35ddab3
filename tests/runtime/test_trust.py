"""Whom clients trust over TLS, and what is said of a certificate: shown with real ones."""

import array
import asyncio
import contextlib
import datetime
import fcntl
import ipaddress
import socket
import ssl
import termios
import threading

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from websockets.sync.server import ServerConnection, serve

from qaws.clients.address import Untrusted
from qaws.clients.connection import Connection
from qaws.clients.raw_connection import RawConnection
from qaws.protocol.dialect import QaWs
from qaws.runtime.dialing import Bytes, connected_socket
from qaws.runtime.trust import client_context, read_authority, speaks_tls
from tests.waiting import HANG_S, until

DAY = datetime.timedelta(days=1)
PEM = serialization.Encoding.PEM


def issue(folder, name, signed_by=None, host="127.0.0.1", since=-DAY, until=DAY):
    """Write NAME.pem, certificate and key; return the file, and what can sign by it."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    issuer, issuer_key = signed_by or (name, key)
    of = lambda text: x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])  # noqa: E731
    made = (
        x509.CertificateBuilder()
        .subject_name(of(name))
        .issuer_name(of(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + since)
        .not_valid_after(now + until)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]), False
        )
        .add_extension(x509.BasicConstraints(signed_by is None, None), True)
        .sign(issuer_key, hashes.SHA256())
    )
    file = folder / f"{name}.pem"
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    file.write_bytes(made.public_bytes(PEM) + key.private_bytes(PEM, *plain))
    return file, (name, key)


def _wait(connection: ServerConnection) -> None:
    for _ in connection:
        pass


@contextlib.contextmanager
def served(file):
    """Serve a greeting over TLS with a certificate, or without where there is none."""
    context = None
    if file:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
    with serve(_wait, "127.0.0.1", 0, ssl=context) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.socket.getsockname()[1]
        finally:
            server.shutdown()
            thread.join(HANG_S)


@pytest.fixture
def firm(tmp_path):
    return issue(tmp_path, "firm")


CLIENTS = {
    "functional": lambda c, url: Connection("Alice", QaWs(), authority=c).open(url),
    "raw": lambda c, url: RawConnection("Mallory", QaWs(), authority=c).dial(url),
}


@pytest.mark.parametrize("kind", CLIENTS)
@pytest.mark.parametrize(
    ("how", "trusted", "said"),
    [
        ({}, False, "is signed by an authority that is not trusted"),
        ({"host": "127.0.0.9"}, True, "is for another host"),
        ({"since": -2 * DAY, "until": -DAY}, True, "has expired"),
        ({"since": DAY, "until": 2 * DAY}, True, "is not yet valid"),
        ({"signed_by": None}, False, "is self-signed"),
    ],
)
def test_what_is_wrong_with_a_certificate_is_said(tmp_path, firm, loop, kind, how, trusted, said):
    authority, signs = firm
    file, _ = issue(tmp_path, "service", **{"signed_by": signs, **how})
    text = read_authority(authority) if trusted else ""
    with served(file) as port, pytest.raises(Untrusted, match=f"the certificate {said} "):
        loop.call(CLIENTS[kind](text, f"wss://127.0.0.1:{port}/"), HANG_S)


def test_no_tls_at_the_port_is_noticed():
    with served(None) as port:
        assert not speaks_tls("127.0.0.1", port)


def test_who_is_trusted_is_let_in(tmp_path, firm, loop):
    authority, signs = firm
    file, _ = issue(tmp_path, "service", signs)
    for trusted in (authority, file):  # its authority, or the certificate by itself
        with served(file) as port:
            client = Connection("Alice", QaWs(), authority=read_authority(trusted))
            loop.call(client.open(f"wss://127.0.0.1:{port}/"), HANG_S)
            assert client.is_open
            loop.call(client.close(), HANG_S)
            assert speaks_tls("127.0.0.1", port)


@contextlib.contextmanager
def answered(file, answer):
    """Serve over TLS what a function makes of a connection, in a loop of its own."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    listening = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def serve_one():
        with contextlib.suppress(OSError):
            plain, _ = listening.accept()
            with plain, context.wrap_socket(plain, server_side=True) as line:
                answer(line, stop)

    thread = threading.Thread(target=serve_one)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        stop.set()
        listening.close()
        thread.join(HANG_S)


SWITCHED = b"HTTP/1.1 101 Switching Protocols\r\n\r\n"
BYE = b"\x88\x02\x03\xf0"
"""A close frame with the code 1008."""


def _heard_and_said(line, said):
    while not line.recv(4096).endswith(b"\r\n\r\n"):
        pass
    line.sendall(said)


@pytest.mark.parametrize("stays", [True, False])
def test_a_raw_client_keeps_its_side_open_over_tls_where_it_is_told_to(tmp_path, firm, loop, stays):
    authority, signs = firm
    file, _ = issue(tmp_path, "service", signs)
    goodbyes = []

    def close(line, stop):
        _heard_and_said(line, SWITCHED + BYE)
        line.settimeout(0.3 if stays else HANG_S)
        try:
            line.unwrap()  # says that nothing more is sent, and waits for the other side to say so
            goodbyes.append("the client has left")
        except TimeoutError:
            goodbyes.append("the client stays")
            stop.wait(HANG_S)
        except OSError:
            goodbyes.append("the client has left")

    client = RawConnection("M", QaWs(), authority=read_authority(authority), stays=stays)
    with answered(file, close) as port:
        loop.call(client.connect(f"wss://127.0.0.1:{port}/"), HANG_S)
        kind = "eof" if stays else "end"
        found = loop.call(client.wait_for(lambda f: f.kind == kind, None, HANG_S), HANG_S + 1)
        assert found
        until(lambda: goodbyes, "the service has seen what becomes of its goodbye")
        assert client.is_over is not stays
        loop.call(client.close(), HANG_S)
    assert client.ending.code == 1008
    assert goodbyes == ["the client stays" if stays else "the client has left"]


def test_a_raw_client_reads_over_tls_what_came_before_a_reset(tmp_path, firm, loop):
    authority, signs = firm
    file, _ = issue(tmp_path, "service", signs)

    def close_unread(line, stop):
        _heard_and_said(line, SWITCHED)
        until(lambda: unread_by_the_service(line), "there is something unread")
        line.sendall(BYE)  # a close of the line now resets it: not all was read

    def unread_by_the_service(line):
        buffer = array.array("i", [0])
        fcntl.ioctl(line.fileno(), termios.FIONREAD, buffer)
        return buffer[0] > 100_000

    client = RawConnection("M", QaWs(), authority=read_authority(authority))
    with answered(file, close_unread) as port:
        loop.call(client.connect(f"wss://127.0.0.1:{port}/"), HANG_S)

        async def pour():
            client.pour(b"\0" * 1_000_000)

        loop.call(pour(), HANG_S)
        assert loop.call(client.wait_for(lambda f: f.kind == "end", None, HANG_S), HANG_S + 1)
    assert client.ending.code == 1008


def test_bytes_are_read_as_slowly_as_one_likes(tmp_path, firm):
    authority, signs = firm
    file, _ = issue(tmp_path, "service", signs)

    async def story():
        async def answer(reader, writer):
            writer.write((await reader.readexactly(4)) * 20_000)
            await writer.drain()
            writer.close()

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
        port = server.sockets[0].getsockname()[1]
        with await connected_socket("127.0.0.1", port, 2048) as line:
            bytes_ = Bytes(line, client_context(read_authority(authority)), "127.0.0.1")
            await bytes_.shake_hands()
            await bytes_.send(b"tick")
            found = b""
            while data := await bytes_.receive(100):
                assert len(data) <= 100
                found += data
        server.close()
        return found

    assert asyncio.run(asyncio.wait_for(story(), HANG_S)) == b"tick" * 20_000


@pytest.mark.parametrize("text", [None, "", "no certificate"])
def test_a_file_that_holds_no_certificate_is_refused(tmp_path, text):
    file = tmp_path / "ca.pem"
    if text is not None:
        file.write_text(text)
    with pytest.raises(ValueError, match=r"cannot be read|has no certificate"):
        read_authority(file)
