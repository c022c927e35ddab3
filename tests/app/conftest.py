"""Fixtures: one broker and one service for the session, and more of them on demand."""

from collections.abc import Callable, Iterator

import pytest

from tests.app.harness import AUDIENCE, ISSUER, Broker, Issuer, Service


@pytest.fixture(scope="session")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Issuer:
    return Issuer(tmp_path_factory.mktemp("issuer"))


@pytest.fixture(scope="session")
def broker() -> Iterator[Broker]:
    broker = Broker()
    yield broker
    broker.stop()


@pytest.fixture(scope="session")
def environment(issuer: Issuer, broker: Broker) -> dict[str, str]:
    return {
        "TICKER_PORT": "0",
        "TICKER_FEED_URL": broker.url,
        "TICKER_JWKS": str(issuer.jwks),
        "TICKER_ISSUER": ISSUER,
        "TICKER_AUDIENCE": AUDIENCE,
    }


@pytest.fixture(scope="session")
def launch(issuer: Issuer, environment: dict[str, str]) -> Iterator[Callable[..., Service]]:
    started: list[Service] = []

    def start(**settings: str) -> Service:
        service = Service({**environment, **settings}, issuer.token())
        started.append(service)
        return service

    yield start
    for service in started:
        if service.process.poll() is None:
            service.end()


@pytest.fixture(scope="session")
def running(launch: Callable[..., Service]) -> Service:
    return launch(TICKER_LOG_LEVEL="DEBUG")


@pytest.fixture
def service(running: Service) -> Iterator[Service]:
    """A service with default settings, left as it was found."""
    yield running
    running.settle()
