"""Private memory: of a process and of its descendants."""

import os
import re
import subprocess
import sys

import psutil

from qaws.measure import memory
from qaws.measure.memory import MIB, private_bytes


def test_private_memory_counts_descendants(spawn, until):
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'input()'])"
    alone = private_bytes([os.getpid()])
    child = spawn([sys.executable, "-c", code], stdin=subprocess.PIPE)
    until(lambda: psutil.Process(child.pid).children())
    until(lambda: private_bytes([os.getpid()]) > alone + 2 * MIB)
    assert private_bytes([child.pid]) > int(psutil.Process(child.pid).memory_full_info().uss) + MIB


def test_a_helper_that_comes_is_no_growth_but_of_its_own(spawn, until):
    """Alone a process was told with the pages of its programme's file, in a family without."""
    hold = "import sys, subprocess; b = bytearray(2 << 20); print(1, flush=True); input(); "
    code = hold + "subprocess.run(['sleep', '1000'])"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    child = spawn([sys.executable, "-c", code], **pipes)
    child.stdout.readline()
    alone = private_bytes([child.pid])
    print(file=child.stdin, flush=True)
    until(lambda: psutil.Process(child.pid).children())
    assert abs(private_bytes([child.pid]) - alone) < 2 * MIB


def test_a_kernel_that_tells_no_such_line_is_no_process_without_memory():
    found = memory._held_bytes(psutil.Process(), re.compile(r"^None: (\d+) kB"))
    assert found > MIB
