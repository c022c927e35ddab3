"""Child processes end for certain: those that obey, those that do not, and their children."""

import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from qaws.runtime import ports
from qaws.runtime.ports import answers, free_port
from qaws.runtime.process import ManagedProcess
from qaws.verdict import Broken
from tests.processes import is_alive
from tests.services.scripted import silent_port
from tests.waiting import HANG_S


@pytest.fixture
def run(tmp_path):
    """Start Python programs as managed processes; the test leaves none behind."""
    started = []

    def start(program, **named):
        command = [sys.executable, "-u", "-c", textwrap.dedent(program)]
        process = ManagedProcess("the thing", command, tmp_path / "thing.log", **named)
        started.append(process)
        return process

    yield start
    for process in started:
        process.stop(0)


STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);"


def test_a_process_that_obeys_is_ended_politely(run):
    process = run(
        """
        import signal, sys, time
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
        print("up"); time.sleep(600)
        """
    )
    assert process.wait_for_log("up", HANG_S)
    start = time.monotonic()
    assert process.stop(10 * HANG_S) == 7
    assert time.monotonic() - start < HANG_S
    assert process.exit_code() == 7


MANY_THREADS = """
    import signal, socket, sys, threading
    if {blocks}:
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
        threading.Thread(target=lambda: (signal.sigwait([signal.SIGTERM]), print("told"))).start()
    else:
        signal.signal(signal.SIGTERM, lambda *_: print("told"))
    for near, far in [socket.socketpair() for _ in range(50)]:
        threading.Thread(target=lambda end=near, other=far: end.recv(1), daemon=True).start()
    print("up")
    near, far = socket.socketpair()
    near.recv(1)
"""


@pytest.mark.parametrize("blocks", [False, True])
def test_a_process_that_stood_still_hears_the_request_however_it_waits(run, blocks):
    """Of its threads any could take the signal; Python hears of it in the main one alone."""
    for _ in range(3):
        process = run(MANY_THREADS.format(blocks=blocks))
        assert process.wait_for_log("up", HANG_S)
        os.kill(process.pid, signal.SIGSTOP)
        process.interrupt(stands_still=True)
        os.kill(process.pid, signal.SIGCONT)
        assert process.wait_for_log("told", HANG_S)
        process.stop(0)


def test_a_process_that_ignores_the_request_is_killed_after_its_time(run):
    process = run(f"{STUBBORN} import time; print('up'); time.sleep(600)")
    assert process.wait_for_log("up", HANG_S)
    start = time.monotonic()
    assert process.stop(0.3) == -signal.SIGKILL
    assert 0.3 <= time.monotonic() - start < HANG_S


@pytest.mark.parametrize("stubborn", ["", STUBBORN])
def test_its_children_end_with_it_also_those_that_ignore_the_request(run, stubborn, until):
    child = f"{stubborn}import time; print('child up', flush=True); time.sleep(600)"
    process = run(
        f"""
        import subprocess, sys
        child = subprocess.Popen([sys.executable, "-c", {child!r}])
        sys.stdout.write("pid %d\\n" % child.pid); child.wait()
        """
    )
    assert process.wait_for_log("child up", HANG_S)
    assert process.wait_for_log("pid ", HANG_S)
    pid = int(process.read_log().split("pid ")[1].split()[0])
    assert is_alive(pid)
    process.stop(1)
    until(lambda: not is_alive(pid))


def test_children_of_a_process_that_has_died_by_itself_end_too(run, until):
    process = run(
        """
        import subprocess, sys
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        print("pid", child.pid)
        """
    )
    until(lambda: process.exit_code() is not None)
    pid = int(process.read_log().split("pid ")[1].split()[0])
    assert is_alive(pid)
    process.stop()
    until(lambda: not is_alive(pid))


def test_stopping_twice_is_stopping_once(run):
    process = run("import time; time.sleep(600)")
    assert process.stop() == process.stop() == -signal.SIGTERM


@pytest.mark.skipif(sys.platform != "linux", reason="prctl(2) is Linux")
def test_when_the_harness_is_killed_outright_its_processes_end(tmp_path, spawn, until):
    harness = f"""
import sys, time
from pathlib import Path
from qaws.runtime.process import ManagedProcess
child = ManagedProcess("x", [sys.executable, "-c", {STUBBORN + "import time; time.sleep(600)"!r}],
                       Path({str(tmp_path / "x.log")!r}))
print(child.pid, flush=True); time.sleep(600)
"""
    parent = spawn([sys.executable, "-c", harness], stdout=subprocess.PIPE, text=True)
    pid = int(parent.stdout.readline())
    assert is_alive(pid)
    parent.kill()
    parent.wait(HANG_S)
    until(lambda: not is_alive(pid))


def test_a_terminals_ctrl_c_does_not_reach_it(run):
    process = run("import time; time.sleep(600)")
    assert os.getsid(process.pid) == process.pid != os.getsid(0)


def test_its_output_goes_to_the_log_and_the_last_line_is_at_hand(run, until):
    process = run("import sys; print('one'); print('two\\n\\n'); print('three', file=sys.stderr)")
    until(lambda: process.exit_code() is not None)
    assert process.read_log().split() == ["one", "two", "three"]
    assert process.last_line() == "three"
    assert process.exit_code() == 0


def test_a_process_that_wrote_nothing_says_so(run, until):
    process = run("pass")
    until(lambda: process.exit_code() is not None)
    assert process.last_line() == "it wrote nothing"


def test_the_log_of_an_earlier_process_is_emptied(run, until, tmp_path):
    (tmp_path / "thing.log").write_text("old\n")
    process = run("print('new')")
    until(lambda: process.exit_code() is not None)
    assert process.read_log() == "new\n"


def test_waiting_for_a_line_ends_at_the_deadline_and_at_the_end_of_the_process(run):
    process = run("import time; time.sleep(600)")
    start = time.monotonic()
    assert not process.wait_for_log("never", 0.3)
    assert 0.3 <= time.monotonic() - start < HANG_S
    start = time.monotonic()
    assert not run("print('other')").wait_for_log("never", 10 * HANG_S)
    assert time.monotonic() - start < HANG_S


def test_it_gets_the_variables_and_the_folder_that_it_is_given(run, until, tmp_path, monkeypatch):
    monkeypatch.setenv("FROM_OUTSIDE", "1")
    process = run(
        "import os; print(os.environ['MINE'], os.environ['FROM_OUTSIDE'], os.getcwd())",
        environment={"MINE": "x"},
        directory=tmp_path,
    )
    until(lambda: process.exit_code() is not None)
    assert process.read_log().split() == ["x", "1", str(tmp_path)]


def test_a_program_that_is_not_there_is_broken_in_one_line(tmp_path):
    with pytest.raises(Broken) as caught:
        ManagedProcess("the service", ["no-such-program", "x"], tmp_path / "log")
    assert str(caught.value) == (
        "the service: 'no-such-program' cannot be started: No such file or directory; "
        "check [launch] command in the target file"
    )


def test_a_folder_that_is_not_there_is_named_and_not_the_program(tmp_path):
    nowhere = tmp_path / "nowhere"
    with pytest.raises(Broken) as caught:
        ManagedProcess("the service", [sys.executable], tmp_path / "log", directory=nowhere)
    assert str(nowhere) in str(caught.value)
    assert "[launch] directory" in str(caught.value)


def test_a_free_port_can_be_bound_and_an_open_one_answers():
    port = free_port()
    assert not answers("127.0.0.1", port)
    with silent_port() as server:
        assert answers("127.0.0.1", server.getsockname()[1])


def test_a_free_port_is_none_that_the_system_gives_to_others(monkeypatch, tmp_path):
    ranged = tmp_path / "range"
    monkeypatch.setattr(ports, "EPHEMERAL_RANGE", ranged)
    ranged.write_text("32768\t60999\n")
    assert {ports.FIRST_PORT <= free_port() < 32768 for _ in range(20)} == {True}
    ranged.write_text("1024\t65535\n")  # the system gives them all: one of those, then
    assert free_port()
    ranged.unlink()
    assert free_port()


def test_a_port_that_is_taken_is_passed_over(monkeypatch, tmp_path):
    with silent_port() as server:
        taken = server.getsockname()[1]
        monkeypatch.setattr(ports, "_beside_the_ephemeral", lambda: [taken])
        assert free_port() != taken
