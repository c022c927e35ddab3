"""A page without a browser: what it hears and says is the test's."""

import time
from collections import deque

from qaws.clients.browser_page import Heard


class FakePage:
    """Answers what it is told to say: text → answers."""

    origin = "http://127.0.0.1:1"
    version = "Chromium 0"

    def __init__(self, answers=lambda text: (), refuses=""):
        self.answers, self.refuses = answers, refuses
        self.said, self.noted = [], deque()

    def hears(self, kind, text="", code=0):
        self.noted.append(Heard(time.monotonic_ns(), kind, text, code))

    def connect(self, url, secret="", protocols=(), cookie=None):
        self.url = url
        if self.refuses:
            self.hears("close", "", 1006)
        else:
            self.hears("open", "permessage-deflate")

    def say(self, text):
        self.said.append(str(text))
        for answer in self.answers(text):
            self.hears("text", answer)

    def heard(self):
        found = [*self.noted]
        self.noted.clear()
        return found

    def leave(self):
        self.hears("close", "", 1000)

    def complaint(self):
        return self.refuses

    def screenshot(self):
        return b""
