"""A page in a real browser."""

from qaws.behaviours import browser
from qaws.gherkin.steps import then, when
from qaws.protocol.market import Selection
from qaws.testbed.context import StepContext


@when("a browser page connects and subscribes to {selection:Selection}")
async def page_connects(context: StepContext, selection: Selection) -> None:
    """A headless browser with a page that uses the browser's own WebSocket and the target's dialect."""
    await context.testbed.do(browser.open_page, selection)


@then("the page has received every tick exactly once, in order")
async def page_has_received_everything(context: StepContext) -> None:
    """No gap, no duplicate, no disorder."""
    await context.testbed.do(browser.page_received_everything)


@then("the page stays connected for at least {after:Duration}")
async def page_is_still_connected(context: StepContext, after: float) -> None:
    """The browser has answered the service's pings, and nothing has closed the connection."""
    await context.testbed.do(browser.page_is_still_connected, after)
