"""Every receiver of part (a), against the real sender: its checks must be able to fail."""

from contextlib import closing
from typing import get_args

import pytest

from bench.contestants import (
    BY_TABLE,
    K6,
    OurSwarm,
    PlainWebsockets,
    RawReceiver,
    k6_version,
)
from bench.receiving import receive
from bench.sending import Sending
from bench.stream import Flaw, Own, payloads, slices
from qaws.verdict import Broken
from tests.waiting import HANG_S

pytestmark = pytest.mark.usefixtures("load_forks")

CLIENTS, TICKS = 3, 200


def require_k6():
    try:
        k6_version()
    except Broken as problem:
        pytest.skip(f"k6 is not installed here; make bench installs it ({problem})")


def swarm_by_table(folder, own=""):
    return OurSwarm(folder, own, BY_TABLE)


@pytest.fixture(params=[OurSwarm, swarm_by_table, PlainWebsockets, K6])
def receiver(request, tmp_path):
    if request.param is K6:
        require_k6()
    return lambda: request.param(tmp_path)


@pytest.mark.parametrize("own", ["deflated", "remembered"])
@pytest.mark.parametrize("kind", [OurSwarm, PlainWebsockets, K6])
def test_a_damaged_stream_is_seen_when_it_is_compressed(kind, own, tmp_path):
    if kind is K6:
        require_k6()
        if own == "remembered":
            pytest.skip("k6 only offers to have each message deflated for itself")
    flaws = [Flaw(*flaw) for flaw in (("drop", 20), ("duplicate", 70), ("late", 90))]
    receipt = receive(
        lambda: kind(tmp_path, own), tmp_path, CLIENTS, TICKS, HANG_S, own=own, flaws=flaws
    )
    found = receipt.tally
    assert (found.gap, found.duplicate, found.order) == (CLIENTS, CLIENTS, CLIENTS)
    assert (found.ticks, found.complete) == (TICKS * CLIENTS, CLIENTS)


def test_a_damaged_stream_is_seen_for_what_it_is(receiver, tmp_path):
    flaws = [Flaw(*flaw) for flaw in (("drop", 20), ("duplicate", 70), ("late", 90))]
    flaws += [Flaw("drop", 120), Flaw("foreign", 150)]
    receipt = receive(receiver, tmp_path, CLIENTS, TICKS, HANG_S, flaws=flaws)
    found = receipt.tally
    # Dropped twice; the tick of a foreign type is missed as a tick too.
    assert (found.gap, found.duplicate) == (3 * CLIENTS, CLIENTS)
    assert (found.order, found.foreign) == (CLIENTS, CLIENTS)
    assert (found.ticks, found.complete) == ((TICKS - 2) * CLIENTS, CLIENTS)
    assert receipt.wrong


@pytest.mark.parametrize(
    "own", [own for own in get_args(Own) if own not in ("", "deflated", "remembered")]
)
def test_a_damaged_stream_is_seen_where_no_two_clients_are_alike(own, tmp_path):
    flaws = [Flaw(*flaw) for flaw in (("drop", 20), ("duplicate", 70), ("late", 90))]
    receipt = receive(
        lambda: OurSwarm(tmp_path, own), tmp_path, CLIENTS, TICKS, HANG_S, own=own, flaws=flaws
    )
    found = receipt.tally
    assert (found.gap, found.duplicate, found.order) == (CLIENTS, CLIENTS, CLIENTS)
    assert (found.ticks, found.complete) == (TICKS * CLIENTS, CLIENTS)


@pytest.mark.parametrize("own", ["time", "counter", "text"])
def test_a_damaged_stream_is_seen_by_table_too(own, tmp_path):
    flaws = [Flaw(*flaw) for flaw in (("drop", 20), ("duplicate", 70), ("late", 90))]
    receipt = receive(
        lambda: swarm_by_table(tmp_path), tmp_path, CLIENTS, TICKS, HANG_S, own=own, flaws=flaws
    )
    found = receipt.tally
    assert (found.gap, found.duplicate, found.order) == (CLIENTS, CLIENTS, CLIENTS)


def test_a_good_stream_is_found_good(receiver, tmp_path):
    receipt = receive(receiver, tmp_path, CLIENTS, TICKS, HANG_S)
    assert receipt.wrong is None
    assert 0 < receipt.received_s <= receipt.verdict_s + 0.001
    assert 0 < receipt.cpu_s < 20


def test_a_good_stream_of_which_no_two_clients_get_the_same_bytes(tmp_path):
    receipt = receive(lambda: OurSwarm(tmp_path), tmp_path, CLIENTS, TICKS, HANG_S, own="text")
    assert receipt.wrong is None


def test_the_raw_receiver_counts_bytes(tmp_path):
    size = sum(map(len, slices(payloads(TICKS, 1_700_000_000_000_000))))
    receipt = receive(lambda: RawReceiver(tmp_path, size), tmp_path, CLIENTS, TICKS, HANG_S)
    assert receipt.wrong is None
    receiver = RawReceiver(tmp_path, size + 1)
    with closing(Sending(tmp_path, CLIENTS, TICKS)) as sending, closing(receiver):
        receiver.start(sending.url, CLIENTS, TICKS, HANG_S)
        sending.await_clients(HANG_S)
        sending.go()
        sending.report(HANG_S)
        with pytest.raises(Broken, match=r"did not come to an end within 0\.5 s"):
            receiver.finish(0.5)
