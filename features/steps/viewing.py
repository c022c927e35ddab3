"""A page in a real browser."""

from behave import then, when

from qaws.behaviours import browser


@when("a page in a browser connects and subscribes to {selection:Selection}")
def page_connects(context, selection):
    """A headless browser with a page that uses the browser's own WebSocket, token in the query."""
    browser.open_page(context.testbed, selection)


@then("the page is connected for at least {after:Duration}")
def page_is_still_connected(context, after):
    """The browser has answered the service's pings, and nothing has closed the connection."""
    browser.page_is_still_connected(context.testbed, after)
