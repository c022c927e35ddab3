"""Certificates of the suite's own: who trusts them, for which hosts, and who may read the key."""

import contextlib
import ssl
import stat

import pytest

from qaws.runtime.certificates import issue
from qaws.runtime.dialing import TlsLayer
from qaws.runtime.trust import client_context, problem_in_words, read_authority


def agree(made, context, host):
    """Let a client with this context meet a server with these files, without a network."""
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(made.certificate, made.key)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    server, client = serving.wrap_bio(to_server, to_client, server_side=True), None
    client = TlsLayer(context, host)
    to_server.write(client.begin())
    for _ in range(4):
        with contextlib.suppress(ssl.SSLWantReadError):
            server.do_handshake()
        to_server.write(client.received(to_client.read())[1])
    server.write(b"tick")
    said, _ = client.received(to_client.read())
    to_server.write(client.sent(b"ack"))
    assert server.read() == b"ack"
    return said


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "ticks.example"])
def test_who_trusts_the_authority_trusts_the_certificate(tmp_path, host):
    made = issue(tmp_path, "ticks.example")
    assert agree(made, client_context(read_authority(made.authority)), host) == b"tick"


def test_a_host_with_letters_of_other_alphabets_is_certified_as_dns_has_it(tmp_path):
    made = issue(tmp_path, "tîcks.example")
    trust = client_context(read_authority(made.authority))
    assert agree(made, trust, "xn--tcks-0pa.example") == b"tick"


def test_the_strictest_of_clients_trusts_it(tmp_path):
    made = issue(tmp_path)
    context = ssl.create_default_context(cafile=str(made.authority))
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    assert agree(made, context, "localhost") == b"tick"


@pytest.mark.parametrize(
    ("host", "other", "said"),
    [
        ("ticks.example", False, "is for another host"),
        ("127.0.0.1", True, "is signed by an authority that is not trusted"),
    ],
)
def test_nobody_else_trusts_it(tmp_path, host, other, said):
    made = issue(tmp_path)
    (tmp_path / "other").mkdir()
    trusted = issue(tmp_path / "other") if other else made
    with pytest.raises(ssl.SSLCertVerificationError) as caught:
        agree(made, client_context(read_authority(trusted.authority)), host)
    assert said in problem_in_words(caught.value)


def test_the_key_is_for_nobody_else_to_read(tmp_path):
    assert stat.S_IMODE(issue(tmp_path).key.stat().st_mode) == 0o600
