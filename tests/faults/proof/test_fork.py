"""The fork server: what it starts is what a new process would be, and ends with its run."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from faults.proof import fork_client
from faults.proof.fork_client import ForkServer, Services, fork_services, hang_up
from tests.app.harness import AUDIENCE, ISSUER, Issuer
from tests.waiting import HANG_S, until

pytestmark = pytest.mark.skipif(not fork_client.CAN_FORK, reason="wants Linux")

SETTINGS = {"TICKER_JWKS": "/nowhere", "TICKER_ISSUER": "i", "TICKER_AUDIENCE": "a"}


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    server = ForkServer()
    yield server
    server.stop()


@pytest.fixture
def connection(server: ForkServer) -> Iterator[socket.socket]:
    connection = server.connection()
    assert connection
    yield connection
    hang_up(connection)


@pytest.fixture
def begin(connection, tmp_path, monkeypatch) -> Callable[..., Any]:
    """Starts a service as the suite does; its log is in tmp_path."""
    monkeypatch.setattr(subprocess, "Popen", subprocess.Popen)  # puts the usual one back
    fork_services(connection)
    settings = {"JWKS": str(Issuer(tmp_path).jwks), "ISSUER": ISSUER, "AUDIENCE": AUDIENCE}
    settings |= {"PORT": "0", "FEED_URL": "redis://127.0.0.1:1/0"}

    def begin(*command: str, **changed: str) -> Any:
        with (tmp_path / "log").open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={f"TICKER_{k}": v for k, v in {**settings, **changed}.items()},
                cwd=tmp_path,
                start_new_session=True,
            )

    return begin


def is_gone(pid: int) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    return True


def test_a_service_has_its_own_session_folder_environment_log_and_no_foreign_sockets(
    begin, tmp_path
):
    service = begin("faults", "tick-twice", PORT="x")
    assert service.wait(HANG_S) == 2
    assert "TICKER_PORT=x" in (tmp_path / "log").read_text()
    service = begin("faults", "tick-twice")
    process = psutil.Process(service.pid)
    assert os.getsid(service.pid) == service.pid
    until(lambda: "ticker listening on" in (tmp_path / "log").read_text())
    assert process.cwd() == str(tmp_path)
    kinds = [os.readlink(each) for each in Path(f"/proc/{service.pid}/fd").iterdir()]
    assert not [
        each for each in kinds if each.startswith("/") and "log" not in each and "null" not in each
    ]
    service.terminate()
    assert service.wait(HANG_S) == 0
    assert service.poll() == 0


def test_an_unpatched_service_is_started_for_the_sound_one(begin, tmp_path):
    service = begin("app", ISSUER="")
    assert service.wait(HANG_S) == 2
    assert "TICKER_ISSUER" in (tmp_path / "log").read_text()


def test_a_killed_service_tells_its_signal_and_a_living_one_nothing(begin):
    service = begin("app")
    assert service.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        service.wait(0.01)
    service.kill()
    assert service.wait(HANG_S) == -signal.SIGKILL
    service.kill()  # of no effect on who has ended


def test_services_end_with_their_run_and_no_others(server, begin, connection):
    other = server.connection()
    mine = begin("app")
    with open(os.devnull, "wb") as log:
        theirs = Services(other).start(
            {"faults": ["tick-twice"]}, mine.args and {"TICKER_PORT": "0"}, "/", log.fileno()
        )
    hang_up(other)
    assert is_gone(theirs)
    assert mine.poll() is None


def test_services_end_with_the_server():
    server = ForkServer()
    connection = server.connection()
    assert connection
    services = Services(connection)
    with open(os.devnull, "wb") as log:
        pid = services.start({"faults": []}, SETTINGS, "/", log.fileno())
    server.stop()
    assert is_gone(pid)
    assert services.code(pid) in (2, -signal.SIGKILL)


def test_without_a_server_a_service_is_begun_anew(begin, connection, tmp_path):
    connection.shutdown(socket.SHUT_RDWR)
    service = begin("app", PORT="x", PYTHONPATH="")
    assert isinstance(service, subprocess.Popen)
    service.wait(HANG_S)


def test_other_programs_are_begun_as_ever(begin, tmp_path):
    done = subprocess.run([sys.executable, "-c", "print(1)"], capture_output=True, check=True)
    assert done.stdout == b"1\n"
    assert begin("this").wait(HANG_S) == 0
