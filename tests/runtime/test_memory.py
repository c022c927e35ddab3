"""What is kept of an ended scenario is what it said, not what it had in its hands."""

import gc
import traceback
import weakref

from qaws.runtime import memory


class Held:
    """Something large."""

    itself: object = None


def _raise_through(seen):
    held = Held()
    seen.append(weakref.ref(held))
    try:
        raise ValueError("the cause")
    except ValueError as cause:
        raise RuntimeError("what came of it") from cause


def test_an_exception_that_is_kept_keeps_nothing_of_what_it_went_through():
    seen = []
    kept = None
    try:
        _raise_through(seen)
    except RuntimeError as problem:
        kept = problem
    gc.collect()
    assert seen[0]() is not None
    memory.forget_locals(kept)
    gc.collect()
    assert seen[0]() is None
    told = "".join(traceback.format_exception(kept))
    assert "the cause" in told
    assert "_raise_through" in told


def test_exceptions_that_name_each_other_are_looked_at_once():
    one, other = ValueError("one"), ValueError("other")
    one.__cause__, other.__cause__ = other, one
    memory.forget_locals(one)
    memory.forget_locals(None)


def _in_a_circle(seen):
    held = Held()
    held.itself = held
    seen.append(weakref.ref(held))
    return held


def test_what_an_ended_scenario_leaves_is_freed_at_once():
    seen = []
    gc.disable()
    try:
        memory.give_back()
        _in_a_circle(seen)
        assert seen[0]() is not None
        memory.give_back()
        assert seen[0]() is None
    finally:
        gc.enable()


def test_what_outlived_its_scenario_is_found_some_scenarios_later():
    seen = []
    gc.disable()
    try:
        held = _in_a_circle(seen)
        memory.give_back()
        del held
        for _ in range(memory.WHOLE_EVERY):
            memory.give_back()
        assert seen[0]() is None
    finally:
        gc.enable()
