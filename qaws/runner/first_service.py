"""The start of the service that a run is about, and why it does not start."""

from __future__ import annotations

from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken

LONE_KEY_STARTS = (
    "it starts with a key set of nothing but the right key: of the keys beside it, a decoy, one "
    "for encryption and one of a kty that nobody knows, it must ignore what it does not understand "
    "(RFC 7517, section 5)"
)


def start_first(testbed: Testbed) -> None:
    """Start the service with its usual settings, or say why it does not start.

    Raises:
        Broken: it does not start. Where the key set is to blame, the message says so: a service
            that a kind of key which it does not know keeps from starting does not start with the
            sets of real issuers either (RFC 7517, section 5).
    """
    assert testbed.services
    launch = testbed.target.launch
    try:
        testbed.use_service()
    except Broken as problem:
        lone = testbed.tokens.lone_key_set()
        if lone is None or not (launch and launch.reads_key_set):
            raise
        try:
            with_lone_key = testbed.use_service(placeholders=lone)
        except Broken:
            raise problem from None
        testbed.services.retire(with_lone_key)
        testbed.scenario.service = None
        raise Broken(f"{problem}; {LONE_KEY_STARTS}") from None
