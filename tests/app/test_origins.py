"""Which pages are let in."""

import pytest
from websockets.exceptions import InvalidStatus

from app.origins import OriginPolicy, check_origin
from tests.app.harness import Service

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


def test_a_foreign_page_gets_403_before_its_token_is_looked_at(strict: Service) -> None:
    for token in (strict.token, "garbage"):
        with pytest.raises(InvalidStatus) as refused:
            strict.connect(token, origin="https://rogue.test")
        assert refused.value.response.status_code == 403
        assert refused.value.response.body == b'{"error":"origin not allowed"}'
    strict.welcomed(origin="https://charts.example")
    assert strict.get("/health")["status"] == "ok"
