"""A page in a real browser."""

from behave import then, when
from behave.runner import Context

from qaws.behaviours import browser
from qaws.protocol.market import Selection


@when("a page in a browser connects and subscribes to {selection:Selection}")
def page_connects(context: Context, selection: Selection) -> None:
    """A headless browser with a page that uses the browser's own WebSocket, token in the query."""
    browser.open_page(context.testbed, selection)


@then("the page has received every tick once and in order")
def page_has_received_everything(context: Context) -> None:
    """No gap, no duplicate, no disorder."""
    browser.page_received_everything(context.testbed)


@then("the page is connected for at least {after:Duration}")
def page_is_still_connected(context: Context, after: float) -> None:
    """The browser has answered the service's pings, and nothing has closed the connection."""
    browser.page_is_still_connected(context.testbed, after)
