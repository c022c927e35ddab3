"""What a team writes: a file in Python with a function `decode(message)`, or `encode(message)`.

It runs within the harness, so that what it may do wrong is its own: it is given a time, and what
it raises is told with its name, in one line.
"""

from __future__ import annotations

import ctypes
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

SUFFIX = ".py"
LIMIT_S = 5.0
"""How long it may take over one message. What waits within C, as `time.sleep`, is interrupted when
it comes back from there."""
LOADING_S = 30.0
"""How long the file may take until it is read, with all that it imports."""
LOOKS_EVERY_S = 0.5
NAME = "qaws_code_of_the_team"


SAYS = "dict, list, str, int, float, Decimal, bool or None"
TAKES = {
    "decode": "it takes the bytes of a binary message, or the str of a text, and returns what they "
    f"say, as {SAYS}",
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
        self._limit_s, self._is_of_use = LOADING_S, True
        threading.Thread(target=self._watch, name=f"qaws-{name}", daemon=True).start()
        try:
            self._function = self._found(file, source)
        except NoFunction:
            self._is_of_use = False
            raise
        self._limit_s = LIMIT_S

    def _found(self, file: str, source: str) -> Callable[[Any], Any]:
        """Run the file and return its function."""
        module = ModuleType(f"{NAME}_{self._name}")
        module.__file__ = str(Path(file).absolute())
        sys.modules[module.__name__] = module  # where dataclasses look for it
        try:
            with _found_first(str(Path(file).absolute().parent)):
                self._within_time(exec, compile(source, file, "exec"), module.__dict__)
        except TookTooLong:
            why = f"has not come to its end within {LOADING_S:g} s, as a module does"
            raise NoFunction(f"{file}: {why}") from None
        except (Exception, SystemExit) as problem:
            raise NoFunction(f"{file}: {in_one_line(problem)}") from problem
        function = getattr(module, self._name, None)
        if not callable(function):
            raise NoFunction(f"{file}: has no function {self._name}(message): {TAKES[self._name]}")
        return function  # type: ignore[no-any-return]

    def __call__(self, message: Any) -> Any:
        """Return what the function makes of a message.

        Raises:
            ValueError: it took too long, ended the program, or returned nothing.
            Exception: whatever the function raises.
        """
        start = time.perf_counter()
        try:
            made = self._within_time(self._function, message)
        except TookTooLong:
            raise ValueError(f"{self._name} took more than {LIMIT_S:g} s") from None
        except SystemExit:
            raise ValueError(f"{self._name} called sys.exit") from None
        finally:
            self.messages += 1
            self.spent_s += time.perf_counter() - start
        if made is None:
            raise ValueError(f"{self._name} returned None: is its return missing?")
        if isinstance(made, Awaitable | Iterator | AsyncIterator):
            if isinstance(made, Coroutine):
                made.close()
            kind = type(made).__name__.replace("_", " ")
            raise ValueError(f"{self._name} returned a {kind}; it is to return what it makes")
        return made

    def _within_time(self, work: Any, *given: Any) -> Any:
        """Return what some work makes; it is interrupted when its time is up.

        Raises:
            TookTooLong: it was.
        """
        self._thread, self._began = threading.get_ident(), time.monotonic()
        try:
            return work(*given)
        finally:
            with self._turn:  # what ends it is raised before this is over, or never
                self._began = None

    def _watch(self) -> None:
        """End what does not come to its end."""
        while self._is_of_use:
            time.sleep(LOOKS_EVERY_S)
            with self._turn:
                began = self._began
                if began is None or time.monotonic() - began <= self._limit_s:
                    continue
                # The only way to interrupt another thread of the interpreter (C API, "Thread
                # State and the Global Interpreter Lock").
                ctypes.pythonapi.PyThreadState_SetAsyncExc(
                    ctypes.c_ulong(self._thread), ctypes.py_object(TookTooLong)
                )
                self._began = time.monotonic()  # whoever caught it is interrupted again


@contextmanager
def _found_first(folder: str) -> Iterator[None]:
    """Have modules found in a folder ahead of all others for a while; from then on behind them.

    So a file finds its neighbour `app.py`, and nothing that others import later is found there.
    """
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        sys.path.remove(folder)
        if folder not in sys.path:
            sys.path.append(folder)


def in_one_line(problem: BaseException) -> str:
    """Return what an exception says, with its kind."""
    said = " ".join(str(problem).split())
    return f"{type(problem).__name__}: {said}" if said else type(problem).__name__
