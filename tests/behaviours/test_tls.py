"""Who gets in where TLS is spoken, by which version of it, and where nothing can be told."""

import ssl
import threading
import warnings

import pytest
from websockets.sync.server import serve

from qaws.behaviours import tls
from qaws.runtime.certificates import issue
from qaws.sut.sections import Endpoint
from qaws.sut.service import Service
from qaws.verdict import Broken, NotVerified, Refuted
from tests.waiting import HANG_S


def until_it_leaves(client):
    for _ in client:
        pass


@pytest.fixture
def attempts(testbed, grace, tell, tmp_path):
    """Let a client try on a server that speaks TLS so far back; None: it speaks none."""

    def play(oldest, how):
        context = None
        if oldest:
            made = issue(tmp_path)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(made.certificate, made.key)
            context.set_ciphers(tls.ANY_CIPHER)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                context.minimum_version = oldest
        with serve(until_it_leaves, "127.0.0.1", 0, ssl=context) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            port = server.socket.getsockname()[1]
            endpoint = Endpoint(url=f"wss://127.0.0.1:{port}/")
            target = testbed.target.model_copy(update={"endpoint": endpoint})
            testbed.begin_scenario()
            testbed.scenario.service = Service(target, {}, port, None)

            async def story(do):
                await do(tls.attempt, "Mallory", how)
                await do(tls.is_not_let_in, "Mallory")

            try:
                return tell(story)
            finally:
                server.shutdown()
                thread.join(HANG_S)

    return play


@pytest.mark.parametrize("how", ["no TLS", "TLS 1.0", "TLS 1.1"])
def test_who_speaks_less_than_todays_tls_is_not_let_in(attempts, how):
    (check,) = attempts(ssl.TLSVersion.TLSv1_2, how)
    assert (check.verdict, check.measured) == ("met", "none came about")


@pytest.mark.parametrize("how", ["TLS 1.0", "TLS 1.1"])
def test_old_versions_that_are_spoken_are_found(attempts, how):
    with pytest.raises(Refuted, match=f"Mallory: measured {how}: the TLS handshake succeeded"):
        attempts(ssl.TLSVersion.TLSv1, how)


def test_only_what_is_spoken_is_found(attempts):
    (check,) = attempts(ssl.TLSVersion.TLSv1_1, "TLS 1.0")
    assert check.verdict == "met"


def test_a_websocket_without_tls_is_found(attempts):
    with pytest.raises(Refuted, match="measured no TLS: the WebSocket was opened, allowed none"):
        attempts(None, "no TLS")


def test_what_this_machine_does_not_speak_is_not_verified(attempts, monkeypatch):
    monkeypatch.setattr(tls, "_is_spoken_here", lambda *_: False)
    with pytest.raises(NotVerified, match=r"this machine's OpenSSL .* does not speak TLSv1$"):
        attempts(ssl.TLSVersion.TLSv1_2, "TLS 1.0")


def test_a_version_that_nobody_knows_is_told(attempts):
    with pytest.raises(Broken, match=r'no "SSL 3"; known are no TLS, TLS 1\.0, TLS 1\.1'):
        attempts(ssl.TLSVersion.TLSv1_2, "SSL 3")


def test_a_certificate_of_an_authority_that_the_system_trusts_is_no_private_one(
    testbed, monkeypatch
):
    endpoint = Endpoint(url="wss://ticks.example/ws")
    monkeypatch.setattr(testbed, "target", testbed.target.model_copy(update={"endpoint": endpoint}))
    with pytest.raises(NotVerified, match=r"\[endpoint\] has no ca_file"):
        tls.use_service(testbed)
