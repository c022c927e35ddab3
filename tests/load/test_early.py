"""Clients that come first: told by files when to leave and when to come back."""

import re
import threading
import time

from qaws.load.churn import early
from qaws.load.churn.early import BACK, END, HERE, HUNG, LEAVE, MET, EarlyPlan, run_early
from tests.services import crowded
from tests.waiting import until


def play(service, folder, count=3, flow=None):
    """Run them on a thread; return the report, how many were there, and when each was to go."""
    plan, found, seen = EarlyPlan(service.address, count, str(folder), 60.0, flow), [], []
    running = threading.Thread(target=lambda: found.append(run_early(plan)))
    running.start()
    try:
        until(lambda: plan.told(HERE) is not None)
        seen.append(len(service.clients))
        now = time.monotonic()
        dues = [now + 0.05 * n for n in range(count)]
        plan.tell(LEAVE, " ".join(map(str, dues)))
        until(lambda: not service.clients)
        seen.append(len(service.clients))
        plan.tell(BACK)
        until(lambda: plan.told(HERE + BACK) is not None)
        seen.append(len(service.clients))
    finally:
        plan.tell(LEAVE)
        plan.tell(BACK)
        plan.tell(END)
        running.join()
    return found[0], seen, dues


def test_they_leave_one_by_one_and_come_back(tmp_path):
    with crowded.Small() as service:
        report, seen, dues = play(service, tmp_path)
    assert seen == [3, 0, 3]
    assert report.failures == []
    assert report.kinds["tick"] == 6
    leaving = [left for _, left in report.stays[:3]]
    assert leaving == sorted(leaving)
    early_s = [due - left for left, due in zip(leaving, dues, strict=True)]
    assert max(early_s) < 0.01, "timers tick in ms; a busy machine lets them leave late"
    assert len(report.stays) == 6


def test_their_ticks_are_compared_with_what_was_published(tmp_path):
    with crowded.TellsThePriceBefore() as service:
        report, _, _ = play(service, tmp_path, count=2, flow=crowded.FLOW)
    assert set(report.faults) == {"content"}
    words = r"early client 2 received NIFTY #2 with last_price \S+ instead of \S+$"
    assert re.match(words, report.sentences[0])


class Refuses(crowded.Small):
    async def admit(self, client, token):
        await client.close(1008, "not today")
        return False


def test_who_is_not_served_is_told_at_once(tmp_path):
    with Refuses() as service:
        plan = EarlyPlan(service.address, 2, str(tmp_path), 60.0)
        running = threading.Thread(target=run_early, args=(plan,))
        running.start()
        try:
            until(lambda: plan.told(HERE) is not None)
        finally:
            for word in (LEAVE, BACK, END):
                plan.tell(word)
            running.join()
    assert (plan.told(HERE) or "").splitlines()[0].startswith("early client 1 was closed with 1008")


class Silent(crowded.Small):
    async def admit(self, client, token):
        await client.connection.wait_closed()
        return False


def test_who_waits_in_vain_keeps_nobody_waiting_behind_it(tmp_path, monkeypatch):
    """Five that waited one behind the other took longer than their process was given."""
    monkeypatch.setattr(early, "PATIENCE_S", 0.5)
    with Silent() as service:
        plan, found = EarlyPlan(service.address, 5, str(tmp_path), 60.0), []
        running = threading.Thread(target=lambda: found.append(run_early(plan)))
        begin = time.monotonic()
        running.start()
        try:
            until(lambda: plan.told(HERE) is not None)
            took_s = time.monotonic() - begin
        finally:
            for word in (LEAVE, BACK, END):
                plan.tell(word)
            running.join()
    assert took_s < 2.0
    assert len(plan.told(HUNG).splitlines()) == 5
    assert plan.told(MET).startswith("early client 1, back waited in vain after the handshake")
    words, begun_s, ended_s = found[0].hung[0]
    assert words.endswith("without a welcome (for 0.5 s)")
    assert 0.45 < ended_s - begun_s < 1.5
