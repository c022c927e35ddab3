"""Scenes that mostly wait, played at the same time: their waits pass side by side.

A test module collects scenes in ``SCENES``. A scene sets its stage, says ``yield``, and is played
when all stages are set: no clock runs while processes start. Each scene is a test of its own, and
begins only if its test was selected.
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from typing import TypeAlias

from tests.app.harness import Broker, Issuer, Service


class Stage:
    """What one scene starts for itself, and what ends with the module."""

    def __init__(self, start: Callable[..., Service], service: Service, issuer: Issuer) -> None:
        self.service = service
        """Has default settings and is shared: what it counts is not of one scene."""
        self.issuer = issuer
        self._start = start
        self._stack = ExitStack()

    def launch(self, **settings: str) -> Service:
        return self._stack.enter_context(closing(self._start(**settings)))

    def broker(self) -> Broker:
        return self._stack.enter_context(closing(Broker()))

    def close(self) -> None:
        self._stack.close()


Scene: TypeAlias = Callable[[Stage], Iterator[None]]


class Scenes(dict[str, Scene]):
    """The scenes of a module, by the names of their tests."""

    def scene(self, scene: Scene) -> Callable[[Callable[[str], None]], None]:
        """Make a scene a test."""
        name = scene.__name__
        self[name] = scene

        def test(played: Callable[[str], None]) -> None:
            played(name)

        test.__name__ = test.__qualname__ = name
        test.__doc__ = scene.__doc__
        return test


@contextmanager
def play_together(
    scenes: Mapping[str, Scene], new_stage: Callable[[], Stage]
) -> Iterator[dict[str, Future[None]]]:
    """Play scenes at the same time; what they started has ended when the block has."""
    with ThreadPoolExecutor(max(1, len(scenes))) as pool, ExitStack() as stages:
        plays = {
            name: scene(stages.enter_context(closing(new_stage())))
            for name, scene in scenes.items()
        }
        set_up = {name: pool.submit(next, play) for name, play in plays.items()}
        for stage_is_set in set_up.values():
            stage_is_set.exception()  # waits; the scene's own test will raise it
        yield {
            name: pool.submit(_play, play) if not set_up[name].exception() else set_up[name]
            for name, play in plays.items()
        }


def _play(play: Iterator[None]) -> None:
    with suppress(StopIteration):
        next(play)
        raise AssertionError("a scene has one yield")
