"""How long a process waited for a CPU: nothing when it idles, half its time on a shared core."""

import os
import subprocess
import sys
import time
from contextlib import closing

import psutil
import pytest

from qaws.measure.cpu_wait import CpuWait, Waits
from tests.waiting import until

CORE = min(os.sched_getaffinity(0))
PIN = f"import os, time\nos.sched_setaffinity(0, {{{CORE}}})\nprint('up', flush=True)\n"
SPIN = "while True: pass\n"
SERVE = """
input()
due = time.monotonic()
while True:
    due += 0.010
    time.sleep(max(0, due - time.monotonic()))
    time.sleep({sleeps})
    until = time.thread_time() + {works}
    while time.thread_time() < until: pass
    print(f"{{time.monotonic_ns() / 1e6}} {{(time.monotonic() - due) * 1e3}}", flush=True)
"""
"""Something is due every 10 ms; it tells when each was done, and how late that was, in ms."""
IN_THREADS = (
    "import hashlib, threading\nblock = bytes(10**6)\n"
    "def spin():\n    while True: hashlib.sha256(block)\n"
    "for _ in range(3): threading.Thread(target=spin).start()\n"
)

pytestmark = pytest.mark.skipif(
    not os.path.exists("/proc/self/schedstat"), reason="this kernel does not count waits"
)


@pytest.fixture
def start(spawn):
    """Run a program on one core, and return its process once it is there."""

    def starting(code):
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        process = spawn([sys.executable, "-c", PIN + code], **pipes, text=True, bufsize=1)
        assert process.stdout.readline() == "up\n"
        return process

    return starting


def test_two_that_share_a_core_wait_half_of_the_time(start):
    both = [start(SPIN), start(SPIN)]
    with closing(CpuWait([both[0].pid])) as watch:
        time.sleep(1.0)
    waited = watch.waits.stalls
    assert waited.total_ms > 350, "half of a second, more where others want the core too"
    assert 150 < waited.within_ms(500) <= 500


def test_who_sleeps_waits_for_nothing(spawn):
    code = "import time; print('up', flush=True); time.sleep(600)"
    sleeper = spawn([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert sleeper.stdout.readline() == b"up\n"
    until(lambda: psutil.Process(sleeper.pid).status() == psutil.STATUS_SLEEPING)
    with closing(CpuWait([sleeper.pid])) as watch:
        time.sleep(0.3)
    assert watch.waits.stalls.total_ms < 5


def test_a_process_that_is_not_there_waits_for_nothing():
    with closing(CpuWait([2**22 + 1])) as watch:
        time.sleep(0.05)
    assert watch.waits == Waits()


def served(process: subprocess.Popen[str], until_ms: float) -> list[tuple[float, float]]:
    """Return (when it was done, how late that was) of all that was done until then, in ms."""
    assert process.stdout
    found = []
    for line in process.stdout:
        at_ms, late_ms = map(float, line.split())
        found.append((at_ms, late_ms))
        if at_ms >= until_ms:
            break
    return found


def test_what_piles_up_while_it_waits_is_told_until_it_has_caught_up(start):
    """Of 10 ms it needs 8: with a rival it falls behind ever further, and alone it catches up."""
    service, rival = start(SERVE.format(sleeps=0, works=0.008)), start(SPIN)
    with closing(CpuWait([service.pid])) as watch:
        service.stdin.write("now\n")
        time.sleep(0.8)
        rival.kill()
        rival.wait()
        ended_ms = time.monotonic_ns() / 1e6
        time.sleep(0.5)
    backlog = watch.waits.backlog
    late = [each for each in served(service, ended_ms + 400) if each[1] > 150]
    assert sum(at_ms > ended_ms + 100 for at_ms, _ in late) > 5, "far behind when it was alone"
    for at_ms, late_ms in late:
        behind_ms, since_ms = backlog.between(at_ms, at_ms)
        assert behind_ms > 0.6 * late_ms, (
            "most of what it is late by, even where a hypervisor takes some"
        )
        assert since_ms < at_ms - 0.6 * late_ms


def test_who_is_slow_by_itself_is_not_behind_for_having_waited(start):
    """It sleeps for so long that it is ever later: it would have had the time to wait."""
    service, _ = start(SERVE.format(sleeps=0.030, works=0.001)), start(SPIN)
    with closing(CpuWait([service.pid])) as watch:
        service.stdin.write("now\n")
        time.sleep(1.0)
    now_ms = time.monotonic_ns() / 1e6
    assert served(service, now_ms)[-1][1] > 600
    assert watch.waits.stalls.total_ms > 0
    assert watch.waits.backlog.worst_ms < 150


def test_several_threads_that_take_the_cpu_from_one_another_are_not_put_behind_by_it(start):
    service = start(IN_THREADS)
    with closing(CpuWait([service.pid])) as watch:
        time.sleep(0.3)
        own_ns, begin_ns = ran_ns(service), time.monotonic_ns()
        time.sleep(1.0)
        others_ms = (time.monotonic_ns() - begin_ns - (ran_ns(service) - own_ns)) / 1e6
    inside = [ms for end, ms in watch.waits.stalls.spans if end > begin_ns / 1e6 + 40]
    assert sum(inside) <= others_ms + 60, "what others took of its core, and no more"


def ran_ns(process):
    times = psutil.Process(process.pid).cpu_times()
    return (times.user + times.system) * 1e9


def test_a_child_counts_as_what_was_launched(start):
    service, rival = start("if os.fork(): os.wait()\n" + SPIN), start(SPIN)
    assert rival
    with closing(CpuWait([service.pid])) as watch:
        until(lambda: watch.waits.stalls.total_ms > 200)
