"""What a team writes: a file in Python with a function `decode(message)`, or `encode(message)`.

It runs within the harness, so that what it may do wrong is its own: it is given a time, and what
it raises is told with its name, in one line.
"""

from __future__ import annotations

import ctypes
import sys
import threading
import time
from pathlib import Path
from types import ModuleType
from typing import Any

SUFFIX = ".py"
LIMIT_S = 5.0
"""How long it may take over one message."""
LOOKS_EVERY_S = 0.5
NAME = "qaws_code_of_the_team"


TAKES = {
    "decode": "it takes the bytes of a binary message, or the str of a text, and returns what they "
    "say, as dict, list, str, int, float, Decimal, bool or None",
    "encode": "it takes what a client says, as dict, list, str, int, float, bool or None, and "
    "returns the bytes of a binary message, or the str of a text",
}


class NoFunction(ValueError):
    """A file has not the function that it should have; the text says why."""


class TookTooLong(Exception):
    """Raised within a function that does not come to an end."""


class TeamFunction:
    """The function of a file, and the time that it takes.

    Attributes:
        messages: how many it has been given.
        spent_s: how long it took over these, in seconds of the clock.
    """

    def __init__(self, file: str, source: str, name: str) -> None:
        """Run the file.

        Modules beside it are found where it is on this machine.

        Args:
            file: its name, for sentences.
            source: what it says.
            name: that of the function, one of `TAKES`.

        Raises:
            NoFunction: it has no such function, or raises something.
        """
        self._name = name
        self.messages, self.spent_s = 0, 0.0
        self._began: float | None = None
        self._thread, self._turn = 0, threading.Lock()
        module = ModuleType(f"{NAME}_{name}")
        module.__file__ = str(Path(file).absolute())
        sys.modules[module.__name__] = module  # where dataclasses look for it
        if (folder := str(Path(file).absolute().parent)) not in sys.path:
            sys.path.append(folder)
        try:
            exec(compile(source, file, "exec"), module.__dict__)
        except (Exception, SystemExit) as problem:
            raise NoFunction(f"{file}: {in_one_line(problem)}") from problem
        self._function = getattr(module, name, None)
        if not callable(self._function):
            raise NoFunction(f"{file}: has no function {name}(message): {TAKES[name]}")
        threading.Thread(target=self._watch, name=f"qaws-{name}", daemon=True).start()

    def __call__(self, message: Any) -> Any:
        """Return what the function makes of a message.

        Raises:
            ValueError: it took too long, ended the program, or returned nothing.
            Exception: whatever the function raises.
        """
        self._thread, self._began = threading.get_ident(), time.monotonic()
        start = time.perf_counter()
        try:
            made = self._function(message)  # type: ignore[misc]  # looked at above
        except TookTooLong:
            raise ValueError(f"{self._name} took more than {LIMIT_S:g} s") from None
        except SystemExit:
            raise ValueError(f"{self._name} called sys.exit") from None
        finally:
            self.messages, self.spent_s = (
                self.messages + 1,
                self.spent_s + time.perf_counter() - start,
            )
            with self._turn:  # what ends it is raised before this is over, or never
                self._began = None
        if made is None:
            raise ValueError(f"{self._name} returned None: is its return missing?")
        return made

    def _watch(self) -> None:
        """End what does not come to its end."""
        while True:
            time.sleep(LOOKS_EVERY_S)
            with self._turn:
                began = self._began
                if began is None or time.monotonic() - began <= LIMIT_S:
                    continue
                # The only way to interrupt another thread of the interpreter (C API, "Thread
                # State and the Global Interpreter Lock").
                ctypes.pythonapi.PyThreadState_SetAsyncExc(
                    ctypes.c_ulong(self._thread), ctypes.py_object(TookTooLong)
                )
                self._began = time.monotonic()  # whoever caught it is interrupted again


def in_one_line(problem: BaseException) -> str:
    """Return what an exception says, with its kind."""
    said = " ".join(str(problem).split())
    return f"{type(problem).__name__}: {said}" if said else type(problem).__name__
