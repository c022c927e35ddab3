"""Services that refuse foreign origins, by a decision or otherwise, each as a process of its own.

python -m tests.services.crashing Crashes redis://127.0.0.1:6379/0
"""

import asyncio
import itertools
import sys
import traceback
from http import HTTPStatus

from tests.services.guarded import Strict
from tests.services.logging_to import FILE
from tests.services.scripted import as_process

UNCAUGHT = "[ERROR] Application callable raised an exception"
"""What Granian says of an exception before a connection is accepted, which it answers with 403."""

LATER_S = 0.4


class Decides(Strict):
    """Looks at the header, and says no."""

    says = UNCAUGHT

    def __init__(self, *words):
        super().__init__(*words)
        self.asked = itertools.count()

    def check(self, request):
        pass

    def write(self, text):
        print(text, flush=True)

    def crash(self, request):
        try:
            self.check(request)
        except Exception:
            self.write(f"{self.says}\n{traceback.format_exc()}INFO: connection rejected")

    def request(self, connection, request):
        if "Origin" not in request.headers:
            return super().request(connection, request)
        self.crash(request)
        return connection.respond(HTTPStatus.FORBIDDEN, "")


class Crashes(Decides):
    """Looks for the port of the origin, where there is none."""

    def check(self, request):
        return int(request.headers["Origin"].rsplit(":")[2])


class CrashesWithAToken(Decides):
    """Has the token in the text of what it throws."""

    def check(self, request):
        raise LookupError(request.path)


class CrashesInJava(Decides):
    """Says so as Tomcat does."""

    def crash(self, request):
        self.write(
            "SEVERE: Servlet.service() for servlet [ticks] in context with path [] threw exception"
            '\njava.lang.NullPointerException: Cannot invoke "String.length()"\n'
            "\tat com.desk.Origins.admits(Origins.java:12)\n"
            "\tat org.apache.catalina.core.StandardWrapperValve.invoke(StandardWrapperValve.java:9)"
        )


class CrashesIntoAFile(Crashes):
    """Logs to a file, and nothing to its output."""

    def write(self, text):
        with FILE.open("a") as file:
            file.write(f"{text}\n")


class WritesLater(Crashes):
    """Logs from a queue."""

    def write(self, text):
        asyncio.get_running_loop().call_later(LATER_S, super().write, text)


class DecidesByAnException(Decides):
    """Raises what stands for a refusal, and leaves the rest to the server."""

    def check(self, request):
        raise PermissionError(request.headers["Origin"])


class CatchesWhatIsRaised(Crashes):
    """Takes whatever goes wrong for a no, and logs it."""

    says = "WARNING: an origin was refused"


class CrashedForAnother(Crashes):
    """Crashes once, of which Mallory is not the cause."""

    def check(self, request):
        return super().check(request) if next(self.asked) == 0 else None


class CrashesForAll(Crashes):
    """Writes a stack trace whoever is refused, as some do at each no."""

    async def refuse(self, client):
        self.crash(client.connection.request)
        await super().refuse(client)

    def check(self, request):
        raise ValueError("no")


if __name__ == "__main__":
    asyncio.run(as_process(globals()[sys.argv[1]](sys.argv[2])))
