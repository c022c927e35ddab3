"""What is said of clients that come first, where they do not get so far."""

from concurrent.futures import Future
from types import SimpleNamespace

import pytest

from qaws.behaviours import early_clients
from qaws.behaviours.early_clients import EARLY_CLIENTS, EarlyClients
from qaws.load.churn.early import BACK, HERE, HUNG, MET, EarlyPlan
from qaws.load.churn.short_lived import Address
from qaws.load.cluster.engine import Died
from qaws.measure.cpu_wait import Waits
from qaws.measure.stall import Stalls
from qaws.protocol.market import selection_of
from qaws.protocol.spelling import Spelling
from qaws.verdict import Broken, Inconclusive, Refuted
from tests.bare import bare_testbed

MET_SO_FAR = 'early client 1 is connected\nearly client 2 was closed with 1008 "max connections"'


@pytest.fixture
def testbed(tmp_path, monkeypatch):
    """A testbed, before whose clients nobody has come; they have a tenth of a second."""
    bare = bare_testbed()
    bare.timeout_factor, bare.scratch, bare.logs = 0.1 / early_clients.WAIT_S, tmp_path, tmp_path
    bare.service = SimpleNamespace(require_alive=lambda: None)
    monkeypatch.setattr(early_clients, "PATIENCE_S", 0.05)
    return bare


def waiting(stalls=()):
    return SimpleNamespace(waits=Waits(Stalls(tuple(stalls))), close=lambda: None)


def they(folder, met=MET_SO_FAR, stalls=()):
    plan = EarlyPlan(Address("127.0.0.1", 1, (), selection_of("NIFTY"), Spelling()), 2, str(folder))
    plan.tell(MET, met)
    return EarlyClients(plan, Future(), waiting(stalls))


def test_a_process_that_does_not_get_so_far_is_told_with_what_its_clients_have_met(
    testbed, tmp_path
):
    testbed.scenario.stash[EARLY_CLIENTS] = they(tmp_path)
    words = (
        r'of the 2 clients that come first did not tell "hereback" \(all are back\) within 0\.1 s; '
        r'so far: early client 1 is connected, early client 2 was closed with 1008 "max connec'
    )
    with pytest.raises(Broken, match=words):
        early_clients.come_back(testbed)


def test_a_process_that_got_no_cpu_is_no_finding(testbed, tmp_path):
    early = they(tmp_path)
    testbed.scenario.stash[EARLY_CLIENTS] = early
    testbed.scenario.checks.waited_ms = lambda *_: {"the service": 80.0}
    with pytest.raises(Inconclusive, match=r"so far: .*, but .*the service waited 80 ms for a CPU"):
        early_clients.come_back(testbed)
    testbed.scenario.checks.waited_ms = lambda *_: {}
    early.waiting.waits = Waits(Stalls(((1e15, 80.0),)))  # long after
    with pytest.raises(Broken):
        early_clients.come_back(testbed)


def test_a_process_that_ended_is_told_with_its_end(testbed, tmp_path):
    early = they(tmp_path)
    early.work.set_exception(Died("ended with exit code 1; its last line: no memory"))
    testbed.scenario.stash[EARLY_CLIENTS] = early
    with pytest.raises(Broken, match="their process ended with exit code 1; its last line: no mem"):
        early_clients.come_back(testbed)


def comes(testbed, monkeypatch, refused=(), hung=()):
    """Let three come, of whom some are refused, and some wait in vain."""

    def submit(_, plan):
        plan.tell(HUNG, "\n".join(hung))
        plan.tell(HERE, "\n".join(refused))
        return Future()

    engine = SimpleNamespace(submit=submit, pids=[], close=lambda: None)
    monkeypatch.setattr(early_clients, "LocalProcesses", lambda *_: engine)
    monkeypatch.setattr(early_clients, "flow_of", lambda *_: None)
    monkeypatch.setattr(early_clients, "address", lambda *_: None)
    early_clients.come(testbed, 3, "NIFTY", 1000)
    return testbed.scenario.stash[EARLY_CLIENTS]


def test_who_is_refused_is_the_services_answer(testbed, monkeypatch):
    testbed.scenario.checks.waited_ms = lambda *_: {"the service": 1e6}
    refused = [f"early client {n} was closed with 1008" for n in (1, 3)]
    with pytest.raises(
        Refuted,
        match="clients that come first: measured 1 of 3 served; early client 1 was closed with",
    ):
        comes(testbed, monkeypatch, refused)


def test_who_waits_in_vain_is_told_unless_the_machine_held_the_service_up(testbed, monkeypatch):
    hung = ["early client 2 waited in vain after the handshake, without a welcome (for 10 s)"]
    monkeypatch.setattr(early_clients, "PATIENCE_S", 10.0)
    with pytest.raises(Refuted, match="measured 2 of 3 served; early client 2 waited in vain"):
        comes(testbed, monkeypatch, hung=hung)
    testbed.scenario.checks.waited_ms = lambda *_: {"the service": 8000.0}
    with pytest.raises(Inconclusive, match=r"2 of 3 .*the service waited 8000 ms for a CPU"):
        comes(testbed, monkeypatch, hung=hung)


def test_all_that_come_are_there(testbed, monkeypatch):
    assert comes(testbed, monkeypatch).plan.told(HERE + BACK) is None
    assert [check.measured for check in testbed.scenario.checks.done] == ["3 of 3 served"]
