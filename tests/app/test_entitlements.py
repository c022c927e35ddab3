"""What a client may subscribe to."""

import urllib.error
import urllib.request

import pytest

from app.entitlements import forbidden
from app.subscriptions import Key, Route, Subscriptions
from tests.app.conftest import Launch

NIFTY_ONLY = frozenset({"NIFTY"})


@pytest.mark.parametrize(
    ("key", "is_permitted"),
    [
        (("symbol", "NIFTY"), True),
        (("underlying", "NIFTY"), True),
        (("instrument", 1), True),
        (("symbol", "BANKNIFTY"), False),
        (("underlying", "BANKNIFTY"), False),
        (("instrument", 2), False),
        (("instrument", 3), False),  # the feed has not shown it
    ],
)
def test_a_key_is_permitted_by_its_symbol(key: Key, is_permitted: bool) -> None:
    symbol_of = {1: "NIFTY", 2: "BANKNIFTY"}.get
    keys = frozenset({key})
    assert forbidden(keys, NIFTY_ONLY, symbol_of) == ([] if is_permitted else [str(key[1])])
    assert forbidden(keys, None, symbol_of) == []
    assert forbidden(keys, frozenset(), symbol_of) == [str(key[1])]


def test_the_feed_tells_whose_an_instrument_is() -> None:
    subscriptions: Subscriptions[str] = Subscriptions()
    assert subscriptions.symbol_of(7) is None
    subscriptions.groups_for(Route("option_tick", 7, "NIFTY"))
    assert subscriptions.symbol_of(7) == "NIFTY"


def test_statistics_ask_for_their_token(launch: Launch) -> None:
    service = launch(TICKER_STATS_TOKEN="for-operations-only")
    with pytest.raises(urllib.error.HTTPError, match="401"):
        service.get("/ws/stats")
    address = service.url.replace("ws://", "http://").replace("/ws/ticks", "/ws/stats")
    shown = {"Authorization": "Bearer for-operations-only"}
    with urllib.request.urlopen(urllib.request.Request(address, headers=shown)) as answer:
        assert answer.status == 200
    nearly = {"Authorization": "Bearer for-operations-onlx"}
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(urllib.request.Request(address, headers=nearly))
