"""What step files are made of: behave's decorators, with types, and the rows of a step's table."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import behave

from qaws.verdict import Broken, NotVerified, Refuted

Step = TypeVar("Step", bound=Callable[..., object])


def given(phrase: str) -> Callable[[Step], Step]:
    """Make a function the meaning of a phrase behind Given."""
    return _typed(behave.given(phrase))


def when(phrase: str) -> Callable[[Step], Step]:
    """Make a function the meaning of a phrase behind When."""
    return _typed(behave.when(phrase))


def then(phrase: str) -> Callable[[Step], Step]:
    """Make a function the meaning of a phrase behind Then."""
    return _typed(behave.then(phrase))


def _typed(decorate: Any) -> Callable[[Step], Step]:
    """Return behave's decorator as what it is: it registers a function and returns it."""

    def typed(step: Step) -> Step:
        decorate(_skipping(step))
        return step

    return typed


def _skipping(step: Callable[..., Any]) -> Callable[..., Any]:
    """Return a step that ends its scenario as not verified where `NotVerified` is raised.

    What is refuted under load is told with what had just been done, as elsewhere.
    """
    if inspect.iscoroutinefunction(step):

        @wraps(step)
        async def wait(context: Any, *args: object, **named: object) -> None:
            try:
                await step(context, *args, **named)
            except NotVerified as reason:
                context.scenario.skip(str(reason))

        return wait

    @wraps(step)
    def act(context: Any, *args: object, **named: object) -> None:
        try:
            step(context, *args, **named)
        except NotVerified as reason:
            context.scenario.skip(str(reason))
        except Refuted as refuted:  # of steps that wait for nothing: the others tell it themselves
            place = context.testbed.scenario
            said = [str(refuted), *place.in_its_place(), *dict.fromkeys(place.remarks)]
            raise Refuted("; ".join(said)) from refuted

    return act


def rows_of(table: Any) -> list[dict[str, str]]:
    """Return the rows of a step's table: heading → cell.

    Raises:
        Broken: the step has no table.
    """
    if table is None:
        raise Broken("this step needs a table below it")
    return [dict(zip(row.headings, row.cells, strict=True)) for row in table]
