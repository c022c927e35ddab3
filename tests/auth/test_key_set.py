"""The suite's key set and services that cannot read it: they say so, and the suite repeats it."""

import sys

import pytest

from qaws.auth.tokens import Tokens
from qaws.sut.services import Services
from qaws.sut.target import Target
from qaws.verdict import Broken

BUILDS_EVERY_KEY = """
import json, os, jwt
for each in json.load(open(os.environ["KEY_SET"]))["keys"]:
    jwt.PyJWK(each)
"""


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_a_service_that_refuses_a_set_with_unknown_kinds(tmp_path, algorithm):
    target = Target.model_validate(
        {
            "name": "strict",
            "dialect": "qa-ws",
            "endpoint": {"url": "ws://127.0.0.1:{port}/ws/ticks"},
            "auth": {"generate_key": True, "algorithm": algorithm},
            "launch": {
                "command": [sys.executable, "-c", BUILDS_EVERY_KEY],
                "environment": {"KEY_SET": "{jwks_file}", "PORT": "{port}"},
                "ready_path": "/health",
            },
        }
    )
    tokens = Tokens(target.auth, tmp_path)
    services = Services(target, tmp_path, {"jwks_file": str(tokens.jwks_file)})
    try:
        with pytest.raises(
            Broken, match=r'"strict" ended before it was ready .*: jwt\.exc'
        ) as said:
            services.get()
        assert "Unable to find an algorithm" in str(said.value) or "kty" in str(said.value)
    finally:
        services.stop()
