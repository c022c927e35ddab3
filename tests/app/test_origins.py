"""Which pages are let in."""

from collections.abc import Callable

import pytest
from websockets.exceptions import InvalidStatus

from app.origins import OriginPolicy, check_origin
from tests.app.harness import Client, Service, dial

LIST = ["https://desk.example", "http://[::1]:3000"]


@pytest.mark.parametrize("origins", [[], ["https://desk.example"], ["http://[::1]:3000"]])
def test_listed_and_absent_are_admitted(origins: list[str]) -> None:
    assert OriginPolicy(LIST).admits(origins)


@pytest.mark.parametrize(
    "origins",
    [
        [""],
        ["null"],
        ["https://desk.example/"],
        ["https://DESK.example"],
        ["https://desk.example", "https://desk.example"],
        ["https://desk.example", "https://rogue.test"],
    ],
)
def test_everything_else_is_not(origins: list[str]) -> None:
    assert not OriginPolicy(LIST).admits(origins)


def test_without_a_list_any_origin_is_admitted() -> None:
    assert OriginPolicy(None).admits(["https://rogue.test"])
    assert OriginPolicy(None).admits(["a", "b"])


@pytest.mark.parametrize("text", [*LIST, "https://desk.example:8443", "http://127.0.0.1"])
def test_entries_are_as_browsers_write_them(text: str) -> None:
    assert check_origin(text) == text


def test_a_foreign_page_gets_403_before_its_token_is_looked_at(
    launch: Callable[..., Service],
) -> None:
    service = launch(TICKER_ALLOWED_ORIGINS="https://desk.example, https://charts.example")
    for token in (service.token, "garbage"):
        with pytest.raises(InvalidStatus) as refused:
            dial(f"{service.url}?token={token}", origin="https://rogue.test")
        assert refused.value.response.status_code == 403
        assert refused.value.response.body == b'{"error":"origin not allowed"}'
    client = Client(dial(f"{service.url}?token={service.token}", origin="https://charts.example"))
    assert client.receive()["type"] == "connection"
    client.close()
    assert service.get("/health")["status"] == "ok"
