"""The index against the plainest model: a set of keys per client."""

from hypothesis import given, settings
from hypothesis import strategies as st

from app import subscriptions
from app.subscriptions import Instruments, Key, Keys, Route, Subscriptions, Symbols, Underlying

CLIENTS = ["alice", "bob", "carol"]
SYMBOLS = ["NIFTY", "NIFTYNXT50", "BANKNIFTY"]
KEYS = st.frozensets(
    st.one_of(
        st.tuples(st.just("instrument"), st.integers(1, 3)),
        st.tuples(st.sampled_from(["symbol", "underlying"]), st.sampled_from(SYMBOLS)),
    ),
    max_size=4,
)
OPTION_ROUTES = [Route("option_tick", token, symbol) for token in (1, 2, 3) for symbol in SYMBOLS]
BAR_ROUTES = [Route("underlying_bar", None, symbol) for symbol in SYMBOLS]


def wants(keys: Keys, route: Route) -> bool:
    """Say what the specification says, key by key."""

    def matches(key: Key) -> bool:
        kind, wanted = key
        if kind == "instrument":
            return route.type == "option_tick" and wanted == route.instrument_token
        if kind == "underlying":
            return route.type == "underlying_bar" and wanted == route.symbol
        return wanted == route.symbol

    return any(matches(key) for key in keys)


@given(
    st.lists(
        st.tuples(st.sampled_from(["add", "remove", "drop"]), st.sampled_from(CLIENTS), KEYS),
        max_size=30,
    )
)
def test_index_equals_model(steps: list[tuple[str, str, Keys]]) -> None:
    index: Subscriptions[str] = Subscriptions()
    model: dict[str, Keys] = dict.fromkeys(CLIENTS, frozenset())
    for step, client, keys in steps:
        if step == "add":
            model[client] |= keys
            totals = index.add(client, keys)
        elif step == "remove":
            model[client] -= keys
            totals = index.remove(client, keys)
        else:
            model[client] = frozenset()
            index.drop(client)
            totals = None
        assert index.keys_of(client) == model[client]
        if totals:
            assert totals.instruments == sum(kind == "instrument" for kind, _ in model[client])
            assert totals.symbols == sum(kind == "symbol" for kind, _ in model[client])
            assert totals.underlyings == sum(kind == "underlying" for kind, _ in model[client])
        for route in OPTION_ROUTES + BAR_ROUTES:
            expected = sorted(client for client in CLIENTS if wants(model[client], route))
            found = [client for group in index.groups_for(route) for client in group.members]
            assert sorted(found) == expected
        assert index.total == sum(map(len, model.values()))


@given(KEYS)
@settings(max_examples=20)
def test_a_client_leaves_no_trace(keys: Keys) -> None:
    index: Subscriptions[str] = Subscriptions()
    index.add("alice", keys)
    for route in OPTION_ROUTES:
        index.groups_for(route)
    index.drop("alice")
    assert not index._groups
    assert not index._by_key
    assert not index._group_of
    assert index.total == 0


def test_selectors() -> None:
    assert Instruments((1, 2, 1)).keys() == {("instrument", 1), ("instrument", 2)}
    assert Symbols(("A",)).keys() == {("symbol", "A")}
    assert Underlying("A").keys() == {("underlying", "A")}


def test_the_route_cache_is_bounded() -> None:
    index: Subscriptions[str] = Subscriptions()
    for token in range(subscriptions.MAX_CACHED_ROUTES + 10):
        index.groups_for(Route("option_tick", token, "A"))
    assert len(index._routes) <= subscriptions.MAX_CACHED_ROUTES
