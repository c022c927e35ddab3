"""What all tests share."""

import signal


def pytest_configure():
    """Take interrupts also where they are ignored, as in a background job; children inherit it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
