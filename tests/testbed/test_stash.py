"""Typed slots: what a capability keeps of a scenario."""

import pytest

from qaws.testbed.stash import Key, Stash
from qaws.verdict import Broken

NUMBERS = Key[list[int]]("no step has drawn numbers")
OTHERS = Key[list[int]]("no step has drawn others")


def test_a_slot_holds_what_was_put_into_it_last():
    stash = Stash()
    stash[NUMBERS] = [1]
    stash[NUMBERS] = [2]
    assert stash[NUMBERS] == stash.get(NUMBERS) == [2]
    assert NUMBERS in stash


def test_an_empty_slot_is_broken_in_the_words_of_its_key():
    with pytest.raises(Broken, match=r"^no step has drawn numbers$"):
        Stash()[NUMBERS]
    assert Stash().get(NUMBERS) is None
    assert NUMBERS not in Stash()


def test_two_keys_of_one_type_are_two_slots():
    stash = Stash()
    stash[NUMBERS] = [1]
    assert OTHERS not in stash


def test_a_default_is_kept_and_not_put_over_what_is_there():
    stash = Stash()
    stash.setdefault(NUMBERS, []).append(1)
    stash.setdefault(NUMBERS, []).append(2)
    assert stash[NUMBERS] == [1, 2]
