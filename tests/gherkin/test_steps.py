"""Step decorators: what cannot be verified ends its scenario, and is neither passed nor failed."""

import asyncio
from types import SimpleNamespace

import pytest

from qaws.gherkin.steps import _skipping
from qaws.verdict import NotVerified, Refuted


def context(said):
    place = SimpleNamespace(
        in_its_place=lambda: ['after "1,000 ticks are published"'],
        remarks=["it may be declined"] * 2,
    )
    testbed = SimpleNamespace(scenario=place)
    return SimpleNamespace(scenario=SimpleNamespace(skip=said.append), testbed=testbed)


def test_what_is_not_verified_skips_the_rest_with_its_reason():
    said = []

    def step(context, name):
        raise NotVerified(f"{name} was evicted")

    async def waiting_step(context, name):
        step(context, name)

    _skipping(step)(context(said), name="Zoe")
    asyncio.run(_skipping(waiting_step)(context(said), "Alice"))
    assert said == ["Zoe was evicted", "Alice was evicted"]
    assert getattr(_skipping(step), "__wrapped__") is step  # noqa: B009


def test_every_other_end_of_a_step_is_its_own():
    def step(context):
        raise Refuted("late")

    async def fine(context, seen):
        seen.append(True)

    said, seen = [], []
    words = '^late; after "1,000 ticks are published"; it may be declined$'
    with pytest.raises(Refuted, match=words):
        _skipping(step)(context(said))
    asyncio.run(_skipping(fine)(context(said), seen=seen))
    assert (said, seen) == ([], [True])
