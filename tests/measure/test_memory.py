"""Private memory: of a process and of its descendants."""

import os
import subprocess
import sys

import psutil

from qaws.measure.memory import MIB, private_bytes


def test_private_memory_counts_descendants(spawn, until):
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'input()'])"
    alone = private_bytes([os.getpid()])
    child = spawn([sys.executable, "-c", code], stdin=subprocess.PIPE)
    until(lambda: psutil.Process(child.pid).children())
    until(lambda: private_bytes([os.getpid()]) > alone + 2 * MIB)
    assert private_bytes([child.pid]) > int(psutil.Process(child.pid).memory_full_info().uss) + MIB
