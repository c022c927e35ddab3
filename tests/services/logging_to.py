"""Services that write about tokens, or do not, each as a process of its own.

python -m tests.services.logging_to Plain redis://127.0.0.1:6379/0
"""

import asyncio
import os
import sys
from pathlib import Path

from tests.services.guarded import Strict, shown
from tests.services.scripted import as_process

FILE = Path(os.environ.get("LOGGING_TO", "unnamed.log"))
LATER_S = 0.7
"""Less than the second that a line may take."""


class Plain(Strict):
    """Says of each connection that it came."""

    def write(self, text):
        print(text, flush=True)

    async def admit(self, client, token):
        self.write("a client came")
        return await super().admit(client, token)


class Silent(Plain):
    def write(self, text):
        pass


class Hushed(Plain):
    """Closes those that it refuses without a reason, and writes a line about each."""

    async def refuse(self, client):
        await client.close(1008, "")


class Mute(Hushed):
    """The same, and writes one line in its life."""

    written = False

    def write(self, text):
        if not self.written:
            self.written = True
            super().write(text)


class Restless(Hushed):
    """Writes all the time, so that nobody can tell what a line is about."""

    async def until_stopped(self):
        async def chatter():
            while True:
                super(Hushed, self).write("alive")
                await asyncio.sleep(0.02)

        chattering = asyncio.create_task(chatter())
        try:
            await super().until_stopped()
        finally:
            chattering.cancel()

    def write(self, text):
        pass


class ToAFile(Plain):
    def write(self, text):
        with FILE.open("a") as file:
            file.write(f"{text}\n")


class TokensToAFile(ToAFile):
    async def admit(self, client, token):
        self.write(f"GET /ws/ticks?token={shown(client)}")
        return await super().admit(client, token)


class TokensLater(Plain):
    """Writes at once that a client came, and a moment later with which token."""

    async def admit(self, client, token):
        line = f"GET /ws/ticks?token={shown(client)}"
        asyncio.get_running_loop().call_later(LATER_S, self.write, line)
        return await super().admit(client, token)


class Rotates(TokensToAFile):
    """Moves its log out of the way when it has written a token, and begins another."""

    async def admit(self, client, token):
        admitted = await super().admit(client, token)
        self.rotate()
        return admitted

    def rotate(self):
        FILE.rename(FILE.with_suffix(".old"))
        FILE.write_text("a new log\n")


if __name__ == "__main__":
    asyncio.run(as_process(globals()[sys.argv[1]](sys.argv[2])))
