"""Tokens that were taken back."""

import os
import time
from pathlib import Path

import pytest
from websockets.frames import Close

from app.auth import AuthenticationError, TokenVerifier
from app.jwks import KeySet
from app.revocation import Denylist
from tests.app.conftest import Launch
from tests.app.harness import AUDIENCE, ISSUER, Issuer

REFUSED, REVOKED = Close(1008, "Authentication required"), Close(1008, "token revoked")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "revoked"


def add(file: Path, *ids: str) -> None:
    with file.open("a") as opened:
        opened.writelines(f"{jti}\n" for jti in ids)


def test_a_list_that_is_not_there_yet_has_nobody(file: Path) -> None:
    denylist = Denylist(str(file))
    assert not denylist.has("a")
    add(file, "a", "", " b ")
    assert denylist.has("a")
    assert denylist.has("b")
    assert not denylist.has("")
    assert not denylist.has(None)
    add(file, "c")
    assert denylist.has("c")
    assert Denylist(str(file)).ids == {"a", "b", "c"}


def test_a_shorter_list_lets_in_again(file: Path) -> None:
    add(file, "a", "b")
    denylist = Denylist(str(file))
    file.with_suffix(".new").write_text("b\n")
    file.with_suffix(".new").replace(file)
    assert not denylist.has("a")
    assert denylist.has("b")


@pytest.mark.parametrize("harm", ["gone", "not text", "a folder"])
def test_a_list_that_cannot_be_read_any_more_lets_nobody_in_again(
    file: Path, caplog: pytest.LogCaptureFixture, harm: str
) -> None:
    add(file, "a")
    denylist = Denylist(str(file))
    file.unlink()
    if harm == "not text":
        file.write_bytes(b"\xff\xfe\xff\n")
    elif harm == "a folder":
        file.mkdir()
    assert denylist.has("a")
    assert denylist.has("a")
    (line,) = caplog.messages
    assert line.startswith(f"{file}: ")
    assert line.endswith("; the revoked tokens known so far are kept")


def test_a_verifier_asks_each_time(issuer: Issuer, file: Path) -> None:
    keys = KeySet(str(issuer.jwks), ["RS256"])
    verifier = TokenVerifier(
        keys, algorithms=["RS256"], issuer=ISSUER, audience=AUDIENCE, revoked=Denylist(str(file))
    )
    token = issuer.token(jti="lost")
    assert verifier.verify(token).jti == "lost"
    assert verifier.verify(issuer.token()).jti is None
    add(file, "lost")
    with pytest.raises(AuthenticationError) as caught:
        verifier.verify(token)
    assert str(caught.value) == "Authentication required"
    assert verifier.verify(issuer.token(jti="kept")).jti == "kept"
    assert verifier.verify(issuer.token()).jti is None


def test_a_revoked_token_ends_its_sessions_and_opens_none(
    launch: Launch, issuer: Issuer, file: Path
) -> None:
    service = launch(TICKER_REVOKED_TOKENS=str(file))
    lost, kept = issuer.token(jti="lost"), issuer.token(jti="kept")
    thief, owner = service.connect(lost), service.connect(kept)
    assert thief.receive()["status"] == owner.receive()["status"] == "connected"
    add(file, "lost")
    assert service.connect(lost).closing() == REFUSED
    header = {"Authorization": f"Bearer {lost}"}
    assert service.dial(additional_headers=header).closing() == REFUSED
    assert thief.closing() == REVOKED
    assert owner.ask({"action": "ping"}) == {"type": "pong"}
    assert service.connect(kept).receive()["status"] == "connected"


def test_a_list_from_before_the_start_holds(launch: Launch, issuer: Issuer, file: Path) -> None:
    add(file, "lost")
    service = launch(TICKER_REVOKED_TOKENS=str(file))
    assert service.connect(issuer.token(jti="lost")).closing() == REFUSED


def test_a_list_of_the_same_length_is_read_again(file: Path) -> None:
    file.write_text("a\n")
    denylist = Denylist(str(file))
    file.write_text("b\n")
    later = time.time() + 5
    os.utime(file, (later, later))
    assert denylist.has("b")
    assert not denylist.has("a")
