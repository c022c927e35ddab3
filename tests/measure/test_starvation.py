"""Who was kept from running by others, and who only by itself."""

import os
import subprocess
import sys
import time
from contextlib import closing, suppress

import psutil
import pytest

from qaws.measure.starvation import Starvation
from tests.waiting import until

CORE = min(os.sched_getaffinity(0))
PINNED = f"import os\nos.sched_setaffinity(0, {{{CORE}}})\nprint('up', flush=True)\n"
SPIN = "while True: pass\n"
IN_A_CHILD = "if os.fork(): os.wait()\n"
IN_THREADS = "import hashlib, threading\nblock = bytes(10**6)\n" + (
    "def spin():\n    while True: hashlib.sha256(block)\n"
    "for _ in range(3): threading.Thread(target=spin).start()\n"
)

pytestmark = pytest.mark.skipif(
    not os.path.exists("/proc/self/schedstat"), reason="this kernel does not count waits"
)


@pytest.fixture
def start(spawn):
    """Run a program on one core, and return its process once it is there."""

    def starting(code, how=PINNED):
        process = spawn([sys.executable, "-c", how + code], stdout=subprocess.PIPE)
        assert process.stdout.readline() == b"up\n"
        return process

    return starting


def watching(*processes):
    return closing(Starvation({"the service": lambda: [p.pid for p in processes]}))


def waited(watch, start_ns):
    return watch.between(start_ns, time.monotonic_ns()).get("the service", 0.0)


def test_who_shares_a_core_with_another_is_kept_from_running(start):
    service, _ = start(SPIN), start(SPIN)
    with watching(service) as watch:
        watch.look()
        begin_ns = time.monotonic_ns()
        until(lambda: waited(watch, begin_ns) > 300)
        now_ns = time.monotonic_ns()
        found = watch.between(begin_ns, now_ns)
        assert set(found) == {"the service"}
        assert found["the service"] <= (now_ns - begin_ns) / 1e6
        assert watch.between(begin_ns - int(2e9), begin_ns - int(1e9)) == {}


@pytest.mark.parametrize("spin", [IN_A_CHILD + SPIN, IN_THREADS])
def test_a_child_and_further_threads_count_too(start, spin):
    """What was launched need not be what serves, nor need its main thread."""
    service = start(spin)
    rivals = [start(SPIN) for _ in range(2)]
    assert rivals
    with watching(service) as watch:
        begin_ns = time.monotonic_ns()
        until(lambda: waited(watch, begin_ns) > 200)


def test_what_comes_later_is_watched_when_it_is_there(start):
    processes = []
    with watching() as nobody, closing(Starvation({"it": lambda: [None, *processes]})) as watch:
        begin_ns = time.monotonic_ns()
        processes += [start(SPIN).pid, start(SPIN).pid]
        until(lambda: all(each.threads for each in watch._watched.values()))
        assert waited(nobody, begin_ns) == 0


def test_who_only_waits_for_its_own_threads_was_not_kept_from_running(start):
    """Several of its own on one core: while one waits, another runs, however long it goes on."""
    service = start(IN_THREADS)
    with watching(service) as watch:
        until(lambda: all(len(each.threads) == 4 for each in watch._watched.values()))
        begin_ns, own_ns = time.monotonic_ns(), ran_ns(service)
        until(lambda: time.monotonic_ns() - begin_ns > 8e8)
        now_ns = time.monotonic_ns()
        found = waited(watch, begin_ns)
        others_ms = (now_ns - begin_ns - (ran_ns(service) - own_ns)) / 1e6
        assert all_waited_ms(watch) > 1.4 * (now_ns - begin_ns) / 1e6, "two of three wait always"
        assert found <= others_ms + 60, "what others took of its core, and no more"


def ran_ns(process):
    times = psutil.Process(process.pid).cpu_times()
    return (times.user + times.system) * 1e9


def all_waited_ms(watch):
    return (
        sum(
            thread.waited_ns for each in watch._watched.values() for thread in each.threads.values()
        )
        / 1e6
    )


def test_who_sleeps_waits_for_nothing(start):
    sleeper = start("import time; time.sleep(600)")
    until(lambda: psutil.Process(sleeper.pid).status() == psutil.STATUS_SLEEPING)
    with watching(sleeper) as watch:
        watch.look()
        begin_ns = time.monotonic_ns()
        time.sleep(0.3)
        assert waited(watch, begin_ns) < 5


def test_a_process_that_is_not_there_waits_for_nothing():
    with closing(Starvation({"it": lambda: [2**22 + 1, None]})) as watch:
        watch.look()
        time.sleep(0.05)
        assert watch.between(0, time.monotonic_ns()) == {}


def test_nothing_is_held_open_behind_it(start):
    service = start(IN_THREADS)
    with watching(service) as watch:
        watch.look()
        assert descriptors(service)
    assert not descriptors(service)


def descriptors(process):
    """Return what is open of a process; others that are watched meanwhile have theirs."""
    found = []
    for each in os.listdir("/proc/self/fd"):
        with suppress(OSError):
            found.append(os.readlink(f"/proc/self/fd/{each}"))
    return [each for each in found if each.startswith(f"/proc/{process.pid}/")]
