"""The suite's key set and services that do not start with it: the run's one line says why."""

import sys

import pytest

from qaws.runner.first_service import LONE_KEY_STARTS, start_first
from qaws.sut.target import Target
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken

STARTS = """
import http.server, json, os, jwt
for each in json.load(open(os.environ["KEY_SET"]))["keys"]:
    jwt.PyJWK(each)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""
NEVER_STARTS = "raise SystemExit('no such feed')"


@pytest.fixture
def testbed(tmp_path, request):
    """Wire a testbed with a service of this program and algorithm."""
    program, algorithm = request.param
    made = Testbed(
        Target.model_validate(
            {
                "name": "strict",
                "dialect": "qa-ws",
                "endpoint": {"url": "ws://127.0.0.1:{port}/ws/ticks"},
                "auth": {"generate_key": True, "algorithm": algorithm},
                "launch": {
                    "command": [sys.executable, "-c", program],
                    "environment": {"KEY_SET": "{jwks_file}", "PORT": "{port}"},
                    "ready_path": "/health",
                },
            }
        ),
        tmp_path,
    )
    yield made
    made.stop()


@pytest.mark.parametrize("testbed", [(STARTS, "RS256"), (STARTS, "ES256")], indirect=True)
def test_a_service_that_refuses_a_set_with_unknown_kinds_is_told_so(testbed):
    with pytest.raises(Broken, match=r'"strict" ended before it was ready .*: jwt\.exc') as said:
        start_first(testbed)
    assert "Unable to find an algorithm" in str(said.value) or "kty" in str(said.value)
    assert str(said.value).endswith(LONE_KEY_STARTS)
    assert testbed.scenario.service is None


@pytest.mark.parametrize("testbed", [(NEVER_STARTS, "RS256")], indirect=True)
def test_the_key_set_is_not_blamed_for_another_cause(testbed):
    with pytest.raises(Broken, match=r"no such feed\W*$"):
        start_first(testbed)
