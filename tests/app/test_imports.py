"""Whoever imports the reference service has the libraries as they were: others share them."""

import sys

from tests.processes import ROOT, run

LOOK = """
import sys
import jwt, msgspec, redis.asyncio, websockets.asyncio.server, websockets.http11

before = {name: dict(vars(module)) for name, module in sys.modules.items()}
import app.__main__

for name, was in before.items():
    now = vars(sys.modules[name])
    for each in was:
        if each.isupper() and now.get(each) is not was[each]:
            print(f"{name}.{each}")
"""


def test_importing_the_service_changes_no_constant_of_a_library():
    done = run([sys.executable, "-c", LOOK], cwd=ROOT)
    assert (done.returncode, done.stdout) == (0, "")
