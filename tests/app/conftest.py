"""Fixtures: one broker and one service for the session, and more of them on demand."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest
from hypothesis import HealthCheck, settings

from tests.app.harness import AUDIENCE, ISSUER, Broker, Issuer, Service
from tests.app.meanwhile import Stage, play_together

# How long an example takes says more about the machine than about the service.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")


@pytest.fixture(scope="session")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Issuer:
    return Issuer(tmp_path_factory.mktemp("issuer"))


@pytest.fixture(scope="session")
def broker() -> Iterator[Broker]:
    with closing(Broker()) as broker:
        yield broker


@pytest.fixture(scope="session")
def environment(issuer: Issuer, broker: Broker) -> dict[str, str]:
    return {
        "TICKER_PORT": "0",
        "TICKER_FEED_URL": broker.url,
        "TICKER_JWKS": str(issuer.jwks),
        "TICKER_ISSUER": ISSUER,
        "TICKER_AUDIENCE": AUDIENCE,
    }


Launch = Callable[..., Service]


@pytest.fixture(scope="session")
def start(issuer: Issuer, environment: dict[str, str]) -> Launch:
    """Start a service; to be closed by whoever asked for it."""
    return lambda **settings: Service({**environment, **settings}, issuer.token())


@pytest.fixture
def launch(start: Launch) -> Iterator[Launch]:
    """Start services that end with the test."""
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(closing(start(**settings)))


@pytest.fixture(scope="session")
def running(start: Launch) -> Iterator[Service]:
    with closing(start(TICKER_LOG_LEVEL="DEBUG")) as service:
        yield service


@pytest.fixture
def service(running: Service, broker: Broker) -> Iterator[Service]:
    """A service with default settings, left as it was found."""
    yield running
    running.settle(broker)


@pytest.fixture(scope="session")
def strict_running(start: Launch) -> Iterator[Service]:
    settings = {
        "TICKER_MAX_CONNECTIONS": "10",
        "TICKER_MAX_SUBSCRIPTIONS": "3",
        "TICKER_ALLOWED_ORIGINS": "https://desk.example, https://charts.example",
    }
    with closing(start(**settings)) as service:
        yield service


@pytest.fixture
def strict(strict_running: Service, broker: Broker) -> Iterator[Service]:
    """A service of 10 clients, 3 subscriptions each, and two origins; left as it was found."""
    yield strict_running
    strict_running.settle(broker)


@pytest.fixture(scope="module")
def played(
    request: pytest.FixtureRequest, start: Launch, running: Service, issuer: Issuer
) -> Iterator[Callable[[str], None]]:
    """Tell how a scene of this module went."""
    tests = [item for item in request.session.items if isinstance(item, pytest.Function)]
    wanted = {item.originalname for item in tests if item.module is request.module}
    scenes = {name: scene for name, scene in request.module.SCENES.items() if name in wanted}
    with play_together(scenes, lambda: Stage(start, running, issuer)) as outcomes:
        yield lambda name: outcomes[name].result()
