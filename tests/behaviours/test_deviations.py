"""What a target declares to be otherwise is required, and never passed."""

import pytest

from qaws.behaviours import closes, deviations, lifecycle
from qaws.clients.endings import ExpectedClose
from qaws.sut.sections import Deviation
from qaws.verdict import NotVerified
from tests.services.faulty import closes_at_once

AS_FEATURES_SAY = ExpectedClose([1008], ["token expired"])


@pytest.fixture
def declared(testbed, monkeypatch):
    """Let the target declare how it closes a session whose token has expired."""
    other = {"token expired": Deviation(code=4001, reason="expired")}
    target = testbed.target.model_copy(update={"deviations": other})
    monkeypatch.setattr(testbed, "target", target)


async def expiry(do):
    await do(lifecycle.connect, ["Ida"])
    await do(closes.closed_by_service, ["Ida"], AS_FEATURES_SAY)


def test_what_is_declared_is_met_and_told_at_the_end(right, declared, testbed):
    done = right(closes_at_once(4001, "session expired"), expiry)
    assert done[-1].allowed == 'closed by the service with 4001 and a reason containing "expired"'
    with pytest.raises(
        NotVerified, match=r"DEVIATION: a close with 4001 .* instead of 1008"
    ) as told:
        deviations.tell(testbed)
    assert "declares in [deviations]" in str(told.value)


@pytest.mark.parametrize(
    ("code", "reason"), [(1008, "token expired"), (4001, ""), (4002, "expired")]
)
def test_anything_else_is_refuted_what_the_features_say_too(wrong, declared, code, reason):
    wrong(closes_at_once(code, reason), expiry, r"allowed closed by the service with 4001")


def test_what_is_not_declared_stays_as_it_is(right, declared, testbed):
    async def full(do):
        await do(lifecycle.connect, ["Zoe"])
        await do(closes.closed_by_service, ["Zoe"], ExpectedClose([1008], ["max connections"]))

    right(closes_at_once(1008, "max connections"), full)
    deviations.tell(testbed)


def test_any_reason_may_be_declared(testbed, monkeypatch):
    other = {"token expired": Deviation(code=4001)}
    target = testbed.target.model_copy(update={"deviations": other})
    monkeypatch.setattr(testbed, "target", target)
    testbed.begin_scenario()
    instead = deviations.expected_of(testbed, AS_FEATURES_SAY)
    assert instead.fits(4001, "")
    assert not instead.fits(1008, "token expired")
    deviations.expected_of(testbed, AS_FEATURES_SAY)
    assert len(testbed.scenario.deviations) == 1, "several clients, one deviation"
