"""Free numbers that are known from a message of the same kind are those that would be found."""

import json
import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qaws.load.subscriber.alike import free_members
from qaws.protocol.free_numbers import FreeNumbers
from qaws.protocol.number_places import NumberPlaces

NAMES = ["n", "m", "seq", "symbol", "sent_us", "n1", "n2", 'n"', "é", "p0"]
texts = st.sampled_from(["", "n", "17", "7 of 9", '"n": 5', "\\", "né", "0", "00", "-3"])
numbers = st.one_of(st.integers(-(10**20), 10**20), st.integers(0, 9), st.floats(-1e9, 1e9))
values = st.recursive(
    st.one_of(numbers, texts, st.booleans(), st.none()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)
    ),
    max_leaves=6,
)
messages = st.dictionaries(st.sampled_from(NAMES), values, min_size=1, max_size=6)

of_paths = FreeNumbers([("seq",), ("m", None, "n"), ("p0",)])
FINDERS = {
    "members": free_members,
    "paths": lambda payload, published: of_paths.of(payload),
}


def is_json(payload):
    try:
        json.loads(payload)
    except ValueError:
        return False
    return True


def with_other_digits(payload, draw):
    """Return a message whose digits or signs are others, if there is one."""
    for _ in range(20):
        other = re.sub(
            rb"(?<!e)-?\d+",
            lambda _: str(draw.choice([0, 7, -7, 35, 10**12, 10**19])).encode(),
            payload,
        )
        if is_json(other):
            return other
    return payload


@pytest.mark.parametrize("finder", FINDERS)
@settings(deadline=None, max_examples=200)
@given(
    messages=st.lists(messages, min_size=1, max_size=3),
    published=st.sets(st.sampled_from(NAMES), max_size=2),
    seed=st.integers(0, 2**32),
)
def test_what_is_known_is_what_would_be_found(finder, messages, published, seed):
    find, draw = FINDERS[finder], random.Random(seed)
    places = NumberPlaces(find)
    for message in messages * 2:
        payload = json.dumps(message, ensure_ascii=draw.random() < 0.5).encode()
        for each in (payload, with_other_digits(payload, draw), with_other_digits(payload, draw)):
            known, names = places.of(each, frozenset(published)), find(each, frozenset(published))
            assert set(known) <= set(names), each


def test_what_has_become_negative_is_free_no_more():
    places = NumberPlaces(free_members)
    assert places.of(b'{"symbol": "N", "n": 12}', frozenset()) == [(21, 23)]
    assert places.of(b'{"symbol": "N", "n": -12}', frozenset()) == []
    assert places.of(b'{"symbol": "N", "n": 9}', frozenset()) == [(21, 22)]


def test_a_message_that_differs_in_digits_or_signs_is_not_searched_again():
    asked = []

    def find(payload, published):
        asked.append(payload)
        return free_members(payload, published)

    places = NumberPlaces(find)
    for number in range(1, 200):
        sign = b"-" if number % 3 else b""
        payload = b'{"symbol": "N1", "p": %b%d.%d, "n": %d}' % (sign, number, number, number**3)
        ((begin, end),) = places.of(payload, frozenset())
        assert payload[begin:end] == b"%d" % number**3
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (b'{"n1": 5, "n2": 6}', b'{"n2": 6, "n1": 5}'),
        (rb'{"\u0061": 5, "m": 6}', rb'{"\u0062": 5, "m": 6}'),
        (rb'{"x\"2\"y": 5, "m": 6}', rb'{"x\"1\"y": 5, "m": 6}'),
    ],
    ids=["digits in names", "escapes in names", "quotes in names"],
)
def test_names_that_differ_in_digits_are_other_names(first, then):
    places = NumberPlaces(free_members)
    published = frozenset({"n1", "b", 'x"1"y'})
    places.of(first, published)
    assert places.of(then, published) == free_members(then, published)


def test_what_was_published_counts_each_time():
    places = NumberPlaces(free_members)
    assert places.of(b'{"n": 5, "m": 6}', frozenset()) == [(6, 7), (14, 15)]
    assert places.of(b'{"n": 5, "m": 6}', frozenset({"n"})) == [(14, 15)]


def test_digits_in_quotes_that_are_no_number_are_not_free():
    places = NumberPlaces(FINDERS["paths"])
    assert places.of(b'{"n": "17"}', ()) == [(7, 9)]
    assert places.of(b'{"n": "017"}', ()) == []
    assert places.of(b'{"n": "%b"}' % (b"1" * 19), ()) == []
