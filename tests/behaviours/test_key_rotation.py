"""Keys of the issuer that change."""

import json

import jwt
import pytest

from qaws.behaviours import closes, key_rotation, lifecycle, tokens
from qaws.clients.endings import ExpectedClose, Refusal
from tests.services.faulty import subscribed
from tests.services.scripted import Ticker
from tests.waiting import HANG_S

REFUSED = Refusal([401], ExpectedClose([1008], ["Authentication required"]))


@pytest.fixture
def reading(testbed):
    """Return services that read the published key set with every token, once, or add to it."""

    class Reads(Ticker):
        def keys(self):
            return json.loads(testbed.tokens.jwks_file.read_text())["keys"]

        async def admit(self, client, token):
            shown = client.connection.request.path.partition("token=")[2]
            kid = jwt.get_unverified_header(shown)["kid"]
            return await super().admit(client, kid in [key["kid"] for key in self.keys()])

    class ReadsOnce(Reads):
        def keys(self):
            self.read = getattr(self, "read", None) or super().keys()
            return self.read

    class NeverForgets(Reads):
        def keys(self):
            self.known = [*getattr(self, "known", []), *super().keys()]
            return self.known

    class OneWorkerNeverForgets(NeverForgets):
        """Has two workers behind one port, which take turns."""

        def keys(self):
            known = super().keys()
            self.turn = not getattr(self, "turn", False)
            return known if self.turn else Reads.keys(self)

    return {
        "sound": Reads,
        "once": ReadsOnce,
        "for ever": NeverForgets,
        "one for ever": OneWorkerNeverForgets,
    }


def changing(within_ms):
    async def story(do):
        await subscribed(do, "Nora")
        await do(key_rotation.add_key, "Alice")
        await do(tokens.admitted, "Alice", within_ms)
        await do(key_rotation.withdraw_key, "Bob", min(within_ms, 1000))
        await do(key_rotation.connect_with_new_key, "Carol")
        await do(closes.refused, ["Bob"], REFUSED)
        await do(tokens.admitted, "Carol", within_ms)
        await do(lifecycle.connected, ["Nora", "Alice"])

    return story


def test_keys_that_change_without_a_restart(right, reading, testbed):
    before = testbed.tokens.jwks_file.read_text()
    right(reading["sound"], changing(HANG_S * 1e3))
    assert testbed.tokens.jwks_file.read_text() == before


@pytest.mark.parametrize(
    ("service", "sentence"),
    [
        ("once", "admission of Alice: measured nothing"),
        ("for ever", "refusal of Bob: measured 1 x"),
        ("one for ever", "refusal of Bob: measured 1 x"),
    ],
)
def test_keys_that_are_not_taken_over(wrong, reading, service, sentence):
    wrong(reading[service], changing(500), sentence)
