"""What two refusals differ in by themselves, and what a third then gives away."""

import uuid

import pytest

from qaws.oracle.refusals import Usual


def usual(*controls):
    return Usual([{"status": "HTTP 401", **told} for told in controls])


def unlike(told, *controls):
    return usual(*controls).unlike({"status": "HTTP 401", **told})


def ids(count, pattern="{}"):
    return [{"x-request-id": pattern.format(uuid.uuid4())} for _ in range(count)]


def test_what_is_always_the_same_must_be_so():
    same = {"www-authenticate": "Bearer", "body": "no"}
    assert unlike(same, same, same) == []
    hinting = {**same, "www-authenticate": 'Bearer error="invalid_token"'}
    assert unlike(hinting, same, same) == ["www-authenticate"]
    assert unlike({**same, "body": "expired"}, same, same) == ["body"]


@pytest.mark.parametrize(
    "pattern",
    [
        "{}",
        "00-{}-01",
        "sid={}; Path=/; HttpOnly",
        '{{"error": "Authentication required", "request_id": "{}"}}',
    ],
)
def test_ids_differ_by_themselves(pattern):
    mine, *controls = ids(3, pattern)
    assert unlike(mine, *controls) == []
    assert usual(*controls).by_itself == ["x-request-id"]


def test_what_stands_beside_an_id_is_compared():
    same = '{{"error": "Authentication required", "request_id": "{}"}}'
    (mine,) = ids(1, '{{"error": "token expired", "request_id": "{}"}}')
    assert unlike(mine, *ids(2, same)) == ["x-request-id"]
    (more,) = ids(1, '{{"error": "Authentication required", "request_id": "{}", "why": "exp"}}')
    assert unlike(more, *ids(2, same)) == ["x-request-id"]


def test_a_header_that_only_one_has_says_something():
    (mine,) = ids(1)
    assert unlike(mine, {}, {}) == ["x-request-id"]
    assert unlike({}, *ids(2)) == ["x-request-id"]
    assert unlike({}, *ids(1), {}) == []
    assert unlike(mine, *ids(1), {}) == []


def test_ids_of_any_shape_are_masked_whole():
    controls = [{"x-id": "a=b c"}, {"x-id": "q"}]
    assert unlike({"x-id": "one two three"}, *controls) == []
    assert usual(*controls).shown(["x-id"]) == "x-id: …"


def test_what_is_shown_has_masks_and_its_parts_in_order():
    controls = [{"body": "no", "a": "sid=1; Path=/"}, {"body": "no", "a": "sid=2; Path=/"}]
    assert usual(*controls).shown() == "status: HTTP 401; a: sid=…; Path=/; body: no"
    assert usual(*controls).shown(["b"]) == "b: nothing"


def test_a_clock_that_goes_on_between_two_controls():
    controls = [{"body": f"no, at 10:11:{s}"} for s in ("58", "59")]
    assert unlike({"body": "no, at 10:11:59"}, *controls) == []
    assert unlike({"body": "expired, at 10:11:59"}, *controls) == ["body"]
