"""How long a process waited for a CPU: nothing when it idles, half its time on a shared core."""

import os
import subprocess
import sys
import time
from contextlib import closing

import psutil
import pytest

from qaws.measure.cpu_wait import CpuWait
from qaws.measure.stall import Stalls

SPIN = "while True: pass"

pytestmark = pytest.mark.skipif(
    not os.path.exists("/proc/self/schedstat"), reason="this kernel does not count waits"
)


def test_two_that_share_a_core_wait_half_of_the_time(spawn, until):
    core = min(os.sched_getaffinity(0))
    pin = f"import os\nos.sched_setaffinity(0, {{{core}}})\n{SPIN}"
    both = [spawn([sys.executable, "-c", pin]) for _ in range(2)]
    until(lambda: all(psutil.Process(p.pid).cpu_affinity() == [core] for p in both))
    with closing(CpuWait([both[0].pid])) as watch:
        time.sleep(1.0)
    waited = watch.stalls
    assert waited.total_ms > 350, "half of a second, more where others want the core too"
    assert 150 < waited.within_ms(500) <= 500


def test_who_sleeps_waits_for_nothing(spawn, until):
    code = "import time; print('up', flush=True); time.sleep(600)"
    sleeper = spawn([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert sleeper.stdout.readline() == b"up\n"
    until(lambda: psutil.Process(sleeper.pid).status() == psutil.STATUS_SLEEPING)
    with closing(CpuWait([sleeper.pid])) as watch:
        time.sleep(0.3)
    assert watch.stalls.total_ms < 5


def test_a_process_that_is_not_there_waits_for_nothing():
    with closing(CpuWait([2**22 + 1])) as watch:
        time.sleep(0.05)
    assert watch.stalls == Stalls()
