"""TLS of the service: what it shows, what it says where it cannot, and what a client leaves."""

import asyncio
import gc
import ssl
import time
import weakref
from functools import partial
from pathlib import Path
from typing import cast

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from app import tls
from app.auth import Claims
from app.sessions import Session, TickerConnection
from app.settings import Settings
from tests.runtime.test_trust import issue
from tests.waiting import HANG_S


def settings(**given: str) -> Settings:
    return Settings.model_validate({"jwks": "j", "issuer": "i", "audience": "a", **given})


def test_without_a_certificate_there_is_no_tls() -> None:
    assert tls.server_context(settings()) is None


def test_certificate_and_key_may_be_in_one_file(tmp_path: Path) -> None:
    file, _ = issue(tmp_path, "firm")
    context = tls.server_context(settings(certificate=str(file)))
    assert context is not None
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_clients_are_asked_for_a_certificate_where_an_authority_is_named(tmp_path: Path) -> None:
    file, _ = issue(tmp_path, "firm")
    plain = tls.server_context(settings(certificate=str(file)))
    asking = tls.server_context(settings(certificate=str(file), client_authority=str(file)))
    assert plain is not None
    assert asking is not None
    assert (plain.verify_mode, asking.verify_mode) == (ssl.CERT_NONE, ssl.CERT_REQUIRED)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"certificate": "none.pem"}, "TICKER_CERTIFICATE={}/none.pem: cannot be used: No such"),
        ({"certificate": "text.pem"}, "TICKER_CERTIFICATE={}/text.pem: cannot be used: "),
        ({"certificate": "a.pem", "certificate_key": "b.pem"}, "KEY_VALUES_MISMATCH; give"),
        ({"client_authority": "a.pem"}, "TICKER_CLIENT_AUTHORITY={}/a.pem: without TLS nobody can"),
        (
            {"certificate": "a.pem", "client_authority": "none.pem"},
            "TICKER_CLIENT_AUTHORITY={}/none.pem: cannot be used: No such",
        ),
        (
            {"certificate": "a.pem", "client_authority": "text.pem"},
            "TICKER_CLIENT_AUTHORITY={}/text.pem: cannot be used: ",
        ),
        ({"certificate_key": "a.pem"}, "TICKER_CERTIFICATE_KEY={}/a.pem: is the key of no cert"),
    ],
)
def test_what_cannot_be_used_is_told(tmp_path: Path, given: dict[str, str], said: str) -> None:
    issue(tmp_path, "a")
    issue(tmp_path, "b")
    (tmp_path / "text.pem").write_text("no certificate")
    with pytest.raises(tls.CertificateError) as caught:
        tls.server_context(settings(**{name: f"{tmp_path}/{file}" for name, file in given.items()}))
    assert said.format(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("leaves", ["politely", "abruptly"])
def test_a_connection_that_is_over_waits_for_no_garbage_collector(leaves: str) -> None:
    """Over TLS each one that waits holds a quarter of a MiB of buffers."""

    async def serve_one(freed: asyncio.Event, connection: ServerConnection) -> None:
        weakref.finalize(connection, freed.set)
        claims = Claims(sub="alice", exp=time.time() + 60)
        session = Session(cast(TickerConnection, connection), claims, 60)
        try:
            await connection.recv()
        except ConnectionClosed:
            pass
        finally:
            session.dispose()

    async def run() -> None:
        made = partial(TickerConnection, max_frames_per_s=100)
        freed = asyncio.Event()
        async with serve(
            partial(serve_one, freed),
            "127.0.0.1",
            0,
            create_connection=made,  # type: ignore[arg-type]
        ) as server:
            port = server.sockets[0].getsockname()[1]
            client = await connect(f"ws://127.0.0.1:{port}/")
            if leaves == "politely":
                await client.close()
            else:
                client.transport.abort()
            await asyncio.wait_for(freed.wait(), HANG_S)

    gc.collect()
    gc.disable()
    try:
        asyncio.run(run())
    finally:
        gc.enable()
