"""TLS, and a reverse proxy in front of the service."""

from qaws.behaviours import proxy, tls
from qaws.gherkin.steps import given, then, when
from qaws.testbed.context import StepContext


@given("the ticker service is running over TLS, with a certificate of a private authority")
def service_is_running_over_tls(context: StepContext) -> None:
    """As its target file has it, or with a certificate that the suite has made for this run."""
    tls.use_service(context.testbed)


@given("the ticker service is running behind a reverse proxy")
def service_is_running_behind_proxy(context: StepContext) -> None:
    """All clients of the scenario come through the proxy that the target file names."""
    context.testbed.use_service(behind_proxy=True)


@given("the ticker service is running behind a reverse proxy, with {setting:Setting}")
def service_is_running_behind_proxy_with(context: StepContext, setting: dict[str, str]) -> None:
    """The same, with one setting changed, by the target file's name."""
    context.testbed.use_service(setting, behind_proxy=True)


@when("{clients:Clients} say nothing for {length:Duration}")
async def clients_say_nothing(context: StepContext, clients: list[str], length: float) -> None:
    """Nothing is sent and nothing is published; pings are answered, as libraries do by themselves."""
    await context.testbed.do(proxy.say_nothing, clients, length)


@when("{client:Client} tries to connect with {how}")
async def client_tries_to_connect_with(context: StepContext, client: str, how: str) -> None:
    """With "TLS 1.0" or "TLS 1.1" and nothing newer, or with "no TLS", and a valid token."""
    await context.testbed.do(tls.attempt, client, how)


@then("{client:Client} is not let in")
async def client_is_not_let_in(context: StepContext, client: str) -> None:
    """No connection came about of what it tried."""
    await context.testbed.do(tls.is_not_let_in, client)
