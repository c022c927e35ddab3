"""The catalogue: complete, well told, and every patch finds what it breaks."""

import os
import re
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from faults.catalogue import CAPABILITIES, UnknownFault, all_faults, find
from faults.fault import Fault, edited, fault, replace
from faults.proof.matrix import capability_of
from faults.proof.scope import scenarios

ROOT = Path(__file__).parents[2]


def each_fault() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("name", all_faults())


def in_a_process_of_its_own(act: Callable[[], object]) -> str:
    """Fork, act, and return the child's traceback, "" when all went well: patches stay there."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            act()
        except BaseException:
            os.write(writer, traceback.format_exc().encode()[-4000:])
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as said:
        text = said.read()
    os.waitpid(child, 0)
    return text


def names_of_faults(test_id: str) -> list[str]:
    return [each.name for each in all_faults().values() if test_id in each.caught_by]


def test_every_functional_scenario_and_every_load_scenario_of_p0_has_at_least_two_faults():
    ids = scenarios("integration").keys() | (scenarios("load").keys() & scenarios("p0").keys())
    assert len(ids) > 12
    assert not {
        test_id: names for test_id in sorted(ids) if len(names := names_of_faults(test_id)) < 2
    }


def test_every_other_load_scenario_has_a_fault():
    assert all(names_of_faults(test_id) for test_id in scenarios("load"))


def test_faults_name_only_scenarios_that_exist():
    named = {test_id for each in all_faults().values() for test_id in each.caught_by}
    assert named <= scenarios().keys()


@each_fault()
def test_a_fault_is_well_told(name):
    each = all_faults()[name]
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", each.name)
    assert re.fullmatch(r"[A-Z].{30,}\.", each.story), "the story is one sentence"
    assert "  " not in each.story
    assert each.caught_by
    assert all(len(phrase) >= 6 for phrase in each.caught_by.values())
    assert capability_of(each) in CAPABILITIES


def test_stories_differ():
    assert len({each.story for each in all_faults().values()}) == len(all_faults())


@each_fault()
def test_a_patch_finds_what_it_breaks(name):
    assert in_a_process_of_its_own(all_faults()[name].apply) == ""


def test_replace_insists_that_the_seam_is_there():
    class Service:
        greet = "hello"

    replace(Service, "greet", "goodbye")
    assert Service.greet == "goodbye"
    with pytest.raises(AttributeError, match="Service has no farewell to break"):
        replace(Service, "farewell", None)
    assert not hasattr(Service, "farewell")


def test_a_fault_takes_the_name_of_its_patch():
    @fault(story="S.", caught_by={})
    def price_rounded() -> None: ...

    assert isinstance(price_rounded, Fault)
    assert price_rounded.name == "price-rounded"


def test_edited_changes_one_member_and_keeps_the_others():
    assert edited(b'{"a": 1, "b": 2.50}', lambda m: m.update(a=3)) == b'{"a": 3, "b": 2.5}'


def test_an_unknown_name_gets_the_nearest_one():
    with pytest.raises(UnknownFault, match="price-round: no such fault; did you mean price-round"):
        find("price-round")
