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


# --- what stands in the place of what differs by itself -------------------------------------------


def test_a_mask_hides_what_it_has_hidden_and_no_word_in_its_place():
    assert unlike({"x-id": "expired"}, *[{"x-id": each} for each in ("17", "19")]) == ["x-id"]
    assert unlike({"x-id": "18"}, *[{"x-id": each} for each in ("17", "19")]) == []
    (mine,) = ids(1, "expired-{}")
    assert unlike(mine, *ids(2)) == ["x-request-id"]
    tickets = [{"x-id": each} for each in ("kX9-q", "p_z7Lm")]
    assert unlike({"x-id": "Zu-8_w"}, *tickets) == []


def padded(why=""):
    """Return an id of every length of padding, with words beside it."""
    return [
        {"a": f"sid={sid}; Path=/; HttpOnly{why}", "body": f'{{"id":"{sid}","error":"no{why}"}}'}
        for sid in ("kX9q7Lm2==", "p8z7Lmc=", "Zu8wQa3rT")
    ]


def test_of_ids_with_and_without_padding_what_stands_around_them_is_compared():
    one, two, three = padded()
    assert unlike(three, one, two) == []
    assert unlike(one, two, three) == []
    assert usual(one, two).shown(["a"]) == "a: sid=…; Path=/; HttpOnly"
    assert unlike(padded(" (expired)")[2], one, two) == ["a", "body"]
    assert unlike({**three, "a": "sid=Zu8wQa3rT; why=exp; Path=/; HttpOnly"}, one, two) == ["a"]
    assert unlike({**three, "a": "sid=Zu8wQa3rT; Path=/"}, one, two) == ["a"]


def test_words_between_two_such_ids_are_compared():
    said = [
        {"body": f"id={a} error: no, trace={b}"}
        for a, b in (("k9=", "q7"), ("p8", "z7="), ("", "u"))
    ]
    assert unlike({"body": "id=x1 error: no, trace=y2="}, *said) == []
    assert unlike({"body": "id=x1 error: expired, trace=y2="}, *said) == ["body"]


def test_a_part_that_is_not_always_there_is_compared_where_it_is():
    now_and_then = [{"warning": "retry soon 1f"}, {}, {"warning": "retry soon 2e"}]
    assert unlike({}, *now_and_then) == []
    assert unlike({"warning": "retry soon 3d"}, *now_and_then) == []
    assert unlike({"warning": "token expired"}, *now_and_then) == ["warning"]
    once = [{"warning": "retry soon 1f"}, {}]
    assert unlike({"warning": "retry soon 3d"}, *once) == []
    assert unlike({"warning": "token expired 3d"}, *once) == ["warning"]
