"""File descriptors: too few are refused, and the limit is raised where that helps."""

import resource
import subprocess
import sys

from qaws.load.cluster.file_limits import require_descriptors
from tests.load_fixtures import ROOT
from tests.waiting import HANG_S


def test_too_few_file_descriptors_are_refused_in_one_line(tmp_path):
    program = f"""
import resource
from contextlib import closing
resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128))
from pathlib import Path
from qaws.protocol.market import selection_of
from qaws.load.plan import Group
from qaws.load.swarm import Swarm
from qaws.load.plan import SwarmPlan
from qaws.load.cluster.file_limits import require_descriptors
from qaws.verdict import Broken
try:
    with closing(Swarm(Path({str(tmp_path)!r}), workers=1)) as swarm:
        swarm.start(SwarmPlan("ws://127.0.0.1:9/", (Group("c", 500, selection_of("NIFTY")),)))
except Broken as problem:
    print(problem)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, timeout=HANG_S
    )
    assert done.stdout.splitlines() == [
        "500 clients in one process need 564 file descriptors, but the limit is 128: raise it "
        "(ulimit -n 564, or LimitNOFILE=), or use more workers"
    ], done.stderr


def test_the_soft_limit_is_raised_where_that_helps(monkeypatch):
    limits = [(100, 1000)]
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda _, new: limits.append(new))
    require_descriptors(20)
    assert limits == [(100, 1000)]
    require_descriptors(500)
    assert limits[-1] == (564, 1000)
