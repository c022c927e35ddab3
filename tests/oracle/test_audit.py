"""The oracle accepts what a correct service can deliver, and names every single deviation.

`runs` is a model of a correct service: it handles publishes, subscribes and unsubscribes in one
order; clients see that order; the suite sees only the instants at its own end of the wires.
"""

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from qaws.oracle.audit import audit, must_receive, was_held
from qaws.oracle.ledger import Arrival, Entitlement, Ledger, Published
from qaws.protocol.market import Selection, TickKind

CLIENTS = ("Alice", "Bob", "Carol")
SELECTIONS = (
    Selection("symbols", symbols=("NIFTY",)),
    Selection("symbols", symbols=("BANKNIFTY",)),
    Selection("symbols", symbols=("NIFTY", "BANKNIFTY")),
    Selection("instruments", instruments=(256265,)),
    Selection("underlying", symbols=("NIFTY",)),
)
KINDS = (
    ("option_tick", "NIFTY", 256265),
    ("option_tick", "NIFTY", 256521),
    ("option_tick", "BANKNIFTY", 260105),
    ("underlying_bar", "NIFTY", None),
    ("underlying_bar", "BANKNIFTY", None),
)
STEP = 100  # between two things that the service handles
WIRE = 10  # from the service to a client
END = 10**9


@dataclass
class Run:
    ledger: Ledger = field(default_factory=Ledger)
    held: dict[str, list[Entitlement]] = field(default_factory=lambda: {c: [] for c in CLIENTS})
    got: dict[str, list[Arrival]] = field(default_factory=lambda: {c: [] for c in CLIENTS})

    def broadcast_complete(self):
        return self.ledger.broadcast_complete(
            (self.held[c], a) for c in CLIENTS for a in self.got[c]
        )

    def findings(self, client, complete=True):
        held, got = self.held[client], self.got[client]
        return audit(client, got, held, self.ledger, self.broadcast_complete(), complete=complete)

    def kinds(self, client):
        """Return the kinds of violation that are found, in short."""
        names = {
            "nobody has published": "unknown",
            "had not subscribed": "stray",
            "behind the acknowledgement of its unsubscribe": "ended",
            "were over when it subscribed": "old",
            "more than once": "duplicate",
            "out of order": "reordered",
            "never received": "missing",
            "without their sequence": "unmarked",
        }
        return [next(n for words, n in names.items() if words in f) for f in self.findings(client)]

    def publish(self, kind, symbol, instrument, sent_ns):
        number = self.ledger.next_sequence(symbol)
        tick = Published(symbol, number, kind, instrument, sent_ns, "{}", sent_ns=sent_ns)
        self.ledger.add(tick)
        return tick


events = st.one_of(
    st.tuples(st.just("publish"), st.sampled_from(KINDS), st.integers(1, 350)),
    st.tuples(
        st.just("subscribe"),
        st.sampled_from(CLIENTS),
        st.sampled_from(SELECTIONS),
        st.integers(1, 250),
    ),
    st.tuples(
        st.just("unsubscribe"), st.sampled_from(CLIENTS), st.integers(0, 3), st.integers(1, 250)
    ),
)


@st.composite
def runs(draw):
    """Draw what a correct service did, as the suite would see it, a fence for everybody last."""
    run, sent, live = Run(), 0, {client: [] for client in CLIENTS}
    script = draw(st.lists(events, min_size=5, max_size=40))
    script += [("publish", kind, 1) for kind in KINDS] * 2
    for index, event in enumerate(script, 5):
        now = index * STEP
        if event[0] == "publish":
            sent = max(sent + 1, now - event[2])
            tick = run.publish(*event[1], sent)  # type: ignore[call-arg]
            for client in CLIENTS:
                if any(
                    e.selection.takes(tick.kind, tick.symbol, tick.instrument) for e in live[client]
                ):
                    run.got[client].append(Arrival(now + WIRE, tick.key))
        elif event[0] == "subscribe":
            _, client, selection, before = event
            entitlement = Entitlement(selection, now - before, now + WIRE)
            run.held[client].append(entitlement)
            live[client].append(entitlement)
        elif live[event[1]]:
            _, client, which, before = event
            entitlement = live[client].pop(which % len(live[client]))
            entitlement.ending_ns = max(now - before, entitlement.held_ns)
            entitlement.ended_ns = now + WIRE
    return run


def property_test(function):
    quiet = [HealthCheck.filter_too_much, HealthCheck.too_slow, HealthCheck.data_too_large]
    limits = settings(max_examples=60, deadline=None, suppress_health_check=quiet)
    return limits(given(run=runs(), data=st.data())(function))


def required(run, client):
    """Return the indices of arrivals that the client had to get, whatever else it got."""
    broadcast_complete = run.broadcast_complete()
    return [
        index
        for index, arrival in enumerate(run.got[client])
        if must_receive(
            run.ledger.find(arrival.key), run.held[client], broadcast_complete.get(arrival.key)
        )
    ]


def choose(data, options):
    options = list(options)
    assume(options)
    return data.draw(st.sampled_from(options))


def alone(entitlements, tick):
    """Return the one entitlement that ever took a tick."""
    found = [e for e in entitlements if e.selection.takes(tick.kind, tick.symbol, tick.instrument)]
    assume(len(found) == 1)
    return found[0]


@property_test
def test_a_correct_delivery_yields_no_finding(run, data):
    for client in CLIENTS:
        assert run.findings(client) == []
        assert run.findings(client, complete=False) == []


@property_test
def test_a_lost_tick_is_missing(run, data):
    client = choose(data, CLIENTS)
    index = choose(data, required(run, client))
    lost = run.got[client].pop(index)
    tick = run.ledger.find(lost.key)
    assume(must_receive(tick, run.held[client], run.broadcast_complete().get(lost.key)))
    assert run.kinds(client) == ["missing"]
    said = run.findings(client)[0]
    assert str(tick) in said
    later = [a for a in run.got[client] if a.key[0] == tick.symbol and a.key[1] > tick.sequence]
    assert said.endswith(f"; later ones of {tick.symbol} came") == bool(later)
    assert run.findings(client, complete=False) == []


def lost_of(held, *lost):
    """Return what is found where a client that holds this has not all of 8 ticks."""
    run = Run()
    run.held["Alice"] = held
    for number in range(1, 9):
        tick = run.publish("option_tick", "NIFTY", 256265, STEP * number)
        if number not in lost:
            run.got["Alice"].append(Arrival(STEP * number + WIRE, tick.key))
    return run.findings("Alice")


def test_it_is_told_what_lost_ticks_have_in_common():
    whole = [Entitlement(SELECTIONS[0], 0, 0)]
    assert lost_of(whole) == []
    (said,) = lost_of(whole, 2, 4, 6, 8)
    assert "; every second one is missing: #1 came, #2 is missing, #3 came" in said


def test_it_is_told_where_they_are_lost_behind_a_return():
    again = [Entitlement(SELECTIONS[0], 0, 0, 420, 430), Entitlement(SELECTIONS[0], 440, 450)]
    assert lost_of(again) == []
    (said,) = lost_of(again, 5, 6, 7, 8)
    assert said.endswith(
        "; before that it had unsubscribed from NIFTY and subscribed to it again, and it has "
        "received no tick of NIFTY since"
    )


@property_test
def test_losing_all_is_missing_too(run, data):
    client = choose(data, CLIENTS)
    assume([e for e in run.held[client] if e.ending_ns is None])
    run.got[client].clear()
    assert run.kinds(client) == ["missing"]


@property_test
def test_a_second_copy_is_a_duplicate(run, data):
    client = choose(data, CLIENTS)
    index = choose(data, range(len(run.got[client])))
    copy = run.got[client][index]
    later = data.draw(st.integers(index + 1, len(run.got[client])))
    run.got[client].insert(later, replace(copy))
    assert run.kinds(client) == ["duplicate"]
    assert str(run.ledger.find(copy.key)) in run.findings(client)[0]


@property_test
def test_two_swapped_ticks_of_a_symbol_are_out_of_order(run, data):
    client = choose(data, CLIENTS)
    indices, got = required(run, client), run.got[client]
    pairs = [(i, j) for i in indices for j in indices if i < j and got[i].key[0] == got[j].key[0]]
    first, second = choose(data, pairs)
    lasting = [e for e in run.held[client] if e.ending_ns is None]
    assume(was_held(run.ledger.find(got[first].key), lasting))
    delayed = got.pop(first)
    got.insert(second, Arrival(got[second - 1].at_ns, delayed.key))
    assert run.kinds(client) == ["reordered"]
    assert str(run.ledger.find(delayed.key)) in run.findings(client)[0]


@property_test
def test_ticks_of_two_symbols_may_overtake_each_other(run, data):
    client = choose(data, CLIENTS)
    got = run.got[client]
    pairs = [i for i in range(len(got) - 1) if got[i].key[0] != got[i + 1].key[0]]
    index = choose(data, pairs)
    got[index], got[index + 1] = got[index + 1], got[index]
    assert run.findings(client) == []


@property_test
def test_a_tick_that_nobody_published_is_unknown(run, data):
    client = choose(data, CLIENTS)
    index = data.draw(st.integers(0, len(run.got[client])))
    run.got[client].insert(index, Arrival(END, ("NIFTY", 10_000)))
    assert run.kinds(client) == ["unknown"]
    assert "NIFTY #10000" in run.findings(client)[0]


@property_test
def test_a_tick_of_a_foreign_symbol_is_stray(run, data):
    client = choose(data, CLIENTS)
    held = run.held[client]
    foreign = [
        tick
        for tick in run.ledger.ticks
        if not any(tick.symbol in e.selection.symbols or e.selection.instruments for e in held)
    ]
    tick = choose(data, foreign)
    index = data.draw(st.integers(0, len(run.got[client])))
    run.got[client].insert(index, Arrival(END, tick.key))
    assert run.kinds(client) == ["stray"]
    assert str(tick) in run.findings(client)[0]


@property_test
def test_a_tick_that_was_over_before_the_client_asked_is_old(run, data):
    broadcast_complete = run.broadcast_complete()

    def is_old(tick, client):
        takers = [
            e
            for e in run.held[client]
            if e.selection.takes(tick.kind, tick.symbol, tick.instrument) and e.ending_ns is None
        ]
        others = [a.key for a in run.got[client] if a.key[0] == tick.symbol]
        first = all(tick.sequence < number for _, number in others)
        return (
            takers
            and first
            and broadcast_complete.get(tick.key, END) <= min(e.asked_ns for e in takers)
        )

    client, tick = choose(data, ((c, t) for c in CLIENTS for t in run.ledger.ticks if is_old(t, c)))
    run.got[client].insert(0, Arrival(END, tick.key))
    assert run.kinds(client) == ["old"]
    assert str(tick) in run.findings(client)[0]


@property_test
def test_a_tick_that_was_published_after_the_unsubscribe_was_acknowledged_is_too_late(run, data):
    client = choose(data, CLIENTS)
    taken = {arrival.key for arrival in run.got[client]}
    late = [
        tick
        for tick in run.ledger.ticks
        if tick.key not in taken
        and any(
            e.ended_ns is not None
            and e.ended_ns <= tick.sent_ns
            and e.selection.takes(tick.kind, tick.symbol, tick.instrument)
            for e in run.held[client]
        )
    ]
    tick = choose(data, late)
    alone(run.held[client], tick)
    later = [a.key for a in run.got[client] if a.key[0] == tick.symbol and a.key[1] > tick.sequence]
    assume(not later)
    run.got[client].append(Arrival(END, tick.key))
    assert run.kinds(client) == ["ended"]


# --- the borders, one by one ----------------------------------------------------------------------

NIFTY = SELECTIONS[0]
ASKED, HELD, ENDING, ENDED = 1000, 1100, 5000, 5100


def story(sent_ns, at_ns, *, ended=False, seen_by_bob_ns=None):
    """Return a run with one tick for Alice, who held NIFTY, and perhaps for Bob, who always did."""
    run = Run()
    run.held["Alice"].append(
        Entitlement(NIFTY, ASKED, HELD, *((ENDING, ENDED) if ended else (None, None)))
    )
    tick = run.publish("option_tick", "NIFTY", 256265, sent_ns)
    if at_ns is not None:
        run.got["Alice"].append(Arrival(at_ns, tick.key))
    if seen_by_bob_ns is not None:
        run.held["Bob"].append(Entitlement(NIFTY, 0, 1))
        run.got["Bob"].append(Arrival(seen_by_bob_ns, tick.key))
    return run


@pytest.mark.parametrize("sent", [500, 1000, 1050, 1099])
@pytest.mark.parametrize("at", [1001, 1050, 1099, 1100, 1200, None])
def test_between_asking_and_holding_both_is_right(sent, at):
    assert story(sent, at).findings("Alice") == []


@pytest.mark.parametrize("sent", [HELD, HELD + 1, 2000])
def test_what_is_published_while_held_must_come(sent):
    assert story(sent, None).kinds("Alice") == ["missing"]
    assert story(sent, sent + 5).findings("Alice") == []


def test_a_tick_that_the_broker_could_not_confirm_may_come_or_not():
    run = story(2000, None)
    run.ledger.ticks[-1].in_doubt = True
    assert run.findings("Alice") == []
    run = story(2000, 2005)
    run.ledger.ticks[-1].in_doubt = True
    assert run.findings("Alice") == []


@pytest.mark.parametrize("sent", [ENDING, ENDING + 1, ENDED - 2])
@pytest.mark.parametrize("late", [1, None])
def test_between_ending_and_ended_both_is_right(sent, late):
    at = None if late is None else sent + late
    assert story(sent, at, ended=True).findings("Alice") == []


@pytest.mark.parametrize("sent", [ENDING - 1, ENDING - 100])
def test_a_tick_on_its_way_when_the_client_unsubscribes_may_be_overtaken(sent):
    assert story(sent, None, ended=True, seen_by_bob_ns=ENDING + 20).findings("Alice") == []
    assert story(sent, sent + 5, ended=True, seen_by_bob_ns=ENDING + 20).findings("Alice") == []


def test_a_tick_whose_broadcast_was_over_before_the_client_unsubscribed_must_have_come():
    run = story(4000, None, ended=True, seen_by_bob_ns=4010)
    assert run.kinds("Alice") == ["missing"]


@pytest.mark.parametrize("sent", [4000, ENDING, ENDED - 1, ENDED, 6000])
def test_nothing_may_come_behind_the_acknowledgement_whenever_it_was_published(sent):
    run = story(sent, max(sent, ENDED) + 1, ended=True)
    assert run.kinds("Alice") == ["ended"]


@pytest.mark.parametrize("sent", [100, 900])
def test_nothing_may_come_before_the_client_asks(sent):
    assert story(sent, sent + 10).kinds("Alice") == ["stray"]


def test_a_tick_may_come_by_a_second_way_when_the_first_has_ended():
    run = story(6000, 6010, ended=True)
    run.held["Alice"].append(Entitlement(SELECTIONS[3], 0, 1))
    assert run.findings("Alice") == []
    run.got["Alice"].clear()
    assert run.kinds("Alice") == ["missing"]


def test_a_replay_to_a_client_that_comes_back_is_old_and_not_an_end_overrun():
    run = story(6000, 8000, ended=True, seen_by_bob_ns=6010)
    run.held["Alice"].append(Entitlement(NIFTY, 7000, 7100))
    assert run.kinds("Alice") == ["old"]


def test_a_replay_of_what_was_on_its_way_when_the_client_unsubscribed_is_old_too():
    run = story(ENDING - 1, 8000, ended=True, seen_by_bob_ns=ENDING + 20)
    run.held["Alice"].append(Entitlement(NIFTY, 7000, 7100))
    assert run.kinds("Alice") == ["old"]


def test_what_was_seen_elsewhere_before_the_client_asked_is_over():
    assert story(500, 1200, seen_by_bob_ns=999).kinds("Alice") == ["old"]
    assert story(500, 1200, seen_by_bob_ns=1001).findings("Alice") == []


def test_a_later_tick_shows_that_an_earlier_one_is_through():
    run = story(500, 1200)
    run.held["Bob"].append(Entitlement(SELECTIONS[1], 0, 1))
    other = run.publish("option_tick", "BANKNIFTY", 260105, 510)
    run.got["Bob"].append(Arrival(900, other.key))
    assert run.kinds("Alice") == ["old"]


def test_a_later_tick_of_another_publisher_shows_nothing():
    run = story(500, 1200)
    run.held["Bob"].append(Entitlement(SELECTIONS[1], 0, 1))
    other = run.publish("option_tick", "BANKNIFTY", 260105, 510)
    other.publisher = 2
    run.got["Bob"].append(Arrival(900, other.key))
    assert run.findings("Alice") == []


def test_a_tick_without_its_number_cannot_be_checked_and_is_no_success():
    run = story(2000, 2010)
    run.got["Alice"].append(Arrival(2020, None))
    assert run.kinds("Alice") == ["unmarked"]


def test_of_many_only_the_first_are_named_and_the_rest_counted():
    run = Run()
    run.held["Alice"].append(Entitlement(NIFTY, 0, 1))
    for number in range(8):
        run.publish("option_tick", "NIFTY", 256265, 10 + number)
    (sentence,) = run.findings("Alice")
    assert sentence.endswith("and 5 more")
    assert "#3" in sentence
    assert "#4" not in sentence


def test_a_successor_counts_on_so_that_an_old_tick_is_unknown_and_not_taken_for_a_new_one():
    run = story(2000, 2010)
    run.ledger = run.ledger.successor()
    assert run.ledger.ticks == []
    assert run.ledger.next_sequence("NIFTY") == 2
    assert run.kinds("Alice") == ["unknown"]


@pytest.mark.parametrize(
    ("mark", "said"),
    [("0a0b0c0d", "NIFTY #7"), ("99", 'NIFTY #7 (with the mark "99" of an earlier run')],
)
def test_an_unknown_tick_is_told_with_the_mark_of_another_run(mark, said):
    came = {"symbol": "NIFTY", "seq": 7, "qaws_run": mark}
    arrival = Arrival(1, ("NIFTY", 7), "", lambda: came)
    [sentence] = audit("Alice", [arrival], [], Ledger(run="0a0b0c0d"), {}, complete=False)
    assert said in sentence
    assert ("mark" in sentence) is (mark == "99")


@pytest.mark.parametrize(("lane", "kinds"), [("", ["old"]), ("another key", [])])
def test_a_slow_client_keeps_no_broadcast_open_that_a_later_tick_of_the_lane_shows_to_be_over(
    lane, kinds
):
    run = story(500, 1200)
    for client in ("Bob", "Carol"):
        run.held[client].append(Entitlement(SELECTIONS[2], 0, 1))
    other = run.publish("option_tick", "BANKNIFTY", 260105, 510)
    other.lane = lane
    run.got["Bob"] += [Arrival(800, ("NIFTY", 1)), Arrival(900, other.key)]
    run.got["Carol"] += [Arrival(1500, ("NIFTY", 1))]
    assert run.kinds("Alice") == kinds


LANES = {"option_tick": "options", "underlying_bar": "bars"}


def parted(*, is_parted):
    """Return a client that got a bar before the option tick which was published before it."""
    run = Run()
    kinds: tuple[TickKind, ...] = ("option_tick", "underlying_bar", "option_tick")
    for number, kind in enumerate(kinds, 1):
        instrument = 256265 if kind == "option_tick" else None
        sent, lane = number * STEP, LANES[kind] if is_parted else ""
        tick = Published("NIFTY", number, kind, instrument, sent, "", sent, taken_ns=sent + WIRE)
        tick.lane = lane
        run.ledger.add(tick)
    wanted = (Selection("symbols", symbols=("NIFTY",)), SELECTIONS[-1])
    run.held["Alice"] = [Entitlement(each, 0, 1) for each in wanted]
    return run


@pytest.mark.parametrize(
    ("is_parted", "order", "kinds"),
    [
        (False, (1, 2, 3), []),
        (False, (2, 1, 3), ["reordered"]),
        (True, (2, 1, 3), []),
        (True, (3, 2, 1), ["reordered"]),
        (True, (1, 3, 2), []),
    ],
)
def test_ticks_of_two_kinds_may_overtake_each_other_where_the_feed_keeps_them_apart(
    is_parted, order, kinds
):
    run = parted(is_parted=is_parted)
    run.got["Alice"] = [Arrival(1000 + at, ("NIFTY", number)) for at, number in enumerate(order, 1)]
    assert run.kinds("Alice") == kinds
