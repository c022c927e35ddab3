"""Settings: what is accepted, and what a bad environment is told."""

import os

import pytest

from app.settings import SettingsError, load_settings


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.upper().startswith("TICKER_")]:
        monkeypatch.delenv(name)
    for name in ("JWKS", "ISSUER", "AUDIENCE"):
        monkeypatch.setenv(f"TICKER_{name}", name.lower())


def problems() -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_settings()
    return caught.value.problems


def test_defaults() -> None:
    settings = load_settings()
    assert (settings.host, settings.port) == ("127.0.0.1", 8765)
    assert settings.algorithms == ("RS256",)
    assert settings.idle_timeout_s == 300
    assert settings.max_connections == 1000


def test_algorithms_are_a_comma_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TICKER_ALGORITHMS", "RS256, ES256")
    assert load_settings().algorithms == ("RS256", "ES256")


def test_every_missing_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("JWKS", "ISSUER", "AUDIENCE"):
        monkeypatch.delenv(f"TICKER_{name}")
    assert [line.split()[0] for line in problems()] == [
        "TICKER_JWKS",
        "TICKER_ISSUER",
        "TICKER_AUDIENCE",
    ]
    assert all(" is not set; give " in line for line in problems())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "65536"),
        ("PORT", "http"),
        ("IDLE_TIMEOUT_S", "0"),
        ("IDLE_TIMEOUT_S", "nan"),
        ("IDLE_TIMEOUT_S", "inf"),
        ("MAX_CONNECTIONS", "0"),
        ("ALGORITHMS", "none"),
        ("ALGORITHMS", "RS256,HS256"),
        ("ALGORITHMS", ""),
        ("ALGORITHMS", "rs256"),
        ("FEED_URL", "http://127.0.0.1"),
        ("FEED_URL", "redis://127.0.0.1:x"),
        ("FEED_URL", "redis://127.0.0.1/?socket_timeout=x"),
        ("ALLOWED_ORIGINS", ""),
        ("ALLOWED_ORIGINS", "desk.example"),
        ("ALLOWED_ORIGINS", "https://desk.example,*"),
        ("ALLOWED_ORIGINS", "https://*.desk.example"),
        ("ALLOWED_ORIGINS", "https://desk.example:443"),
        ("ALLOWED_ORIGINS", "https://desk.example/"),
        ("ALLOWED_ORIGINS", "https://Desk.example"),
        ("ALLOWED_ORIGINS", "https://desk.example:x"),
        ("ALLOWED_ORIGINS", "wss://desk.example"),
        ("ALLOWED_ORIGINS", "null"),
        ("LOG_LEVEL", "LOUD"),
        ("LOG_FILE", ""),
        ("JWKS", ""),
    ],
)
def test_a_bad_value_is_named_with_the_way_out(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"TICKER_{name}", value)
    (line,) = problems()
    assert line.startswith(f"TICKER_{name}={value}: ")
    assert "; give " in line
    assert "\n" not in line


def test_a_typo_is_an_error_that_names_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TICKER_IDLE_TIMOUT_S", "2")
    assert problems() == [
        "TICKER_IDLE_TIMOUT_S=2: unknown setting; did you mean TICKER_IDLE_TIMEOUT_S?"
    ]


def test_a_password_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TICKER_FEED_URL", "http://user:secret@host/")
    (line,) = problems()
    assert "secret" not in line
