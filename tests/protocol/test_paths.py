"""Paths into messages, and patterns that recognise them."""

from decimal import Decimal

import pytest

from qaws.protocol.paths import MISSING, Path, Pattern

MESSAGE = {"data": {"ticks": [{"p": 1.5}, {"p": 2}], "a.b": {"c[0]": "x"}}, "n": None, "yes": True}


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("", [MESSAGE]),
        ("n", [None]),
        ("data.ticks[1].p", [2]),
        ("data.ticks[*].p", [1.5, 2]),
        ('data."a.b"."c[0]"', ["x"]),
        ("data.ticks[2]", []),
        ("data.ticks.p", []),
        ("data[0]", []),
        ("nothing.there", []),
        ("n.more", []),
        ("$", [MESSAGE]),
        ("$.n", [None]),
        ('"$".n', []),
        ("[0]", []),
    ],
)
def test_a_path_leads_to_values(path, values):
    assert Path(path).all(MESSAGE) == values
    assert Path(path).get(MESSAGE) == (values[0] if values else MISSING)


@pytest.mark.parametrize("text", [".a", "a[", "a[x]", "a..b", 'a."b', "a[-1]", "$.", "$..a"])
def test_what_is_no_path_is_refused(text):
    with pytest.raises(ValueError, match="is no path; write members behind dots"):
        Path(text)


LIST = [7, {"c": ["5525.1", "0.004"]}, "ticker", None]


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("[0]", [7]),
        ("$[0]", [7]),
        ("[1].c[0]", ["5525.1"]),
        ("$[1].c[*]", ["5525.1", "0.004"]),
        ("[3]", [None]),
        ("[4]", []),
        ("c", []),
        ("[*]", LIST),
    ],
)
def test_a_path_leads_into_a_message_that_is_a_list(path, values):
    assert Path(path).all(LIST) == values


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ({"[2]": "ticker"}, True),
        ({"$[2]": "ticker"}, True),
        ({"[2]": "ticker", "[4]": {"absent": True}}, True),
        ({"[3]": {"null": True}}, True),
        ({"[3]": {"absent": True}}, False),
        ({"[1]": {"c[1]": {"pattern": r"^0\."}}}, True),
        ({"[1]": {"[0]": 5}}, False),
        ({"[0]": "7"}, False),
        ({"type": "ticker"}, False),
    ],
)
def test_a_pattern_knows_a_message_that_is_a_list(pattern, fits):
    assert (Pattern(pattern).fits(LIST) is not None) is fits


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ({"yes": True}, True),
        ({"yes": 1}, False),
        ({"data.ticks[0].p": 1.5}, True),
        ({"data": {"ticks[1]": {"p": 2}}}, True),
        ({"data.ticks[*].p": 2}, True),
        ({"data.ticks[1].p": "2"}, False),
        ({"n": {"null": True}}, True),
        ({"yes": {"null": True}}, False),
        ({"none": {"null": True}}, False),
        ({"none": {"absent": True}}, True),
        ({"n": {"absent": True}}, False),
        ({"n": {"absent": False}}, True),
        ({"data.ticks[0].p": {"any": [1, 1.5]}}, True),
        ({"data.ticks[0].p": {"any": [1, 2]}}, False),
        ({"data.ticks[*].p": {"has": 2}}, True),
        ({"yes": True, "n": "other"}, False),
    ],
)
def test_a_pattern_fits_what_has_all_that_it_names(pattern, fits):
    assert (Pattern(pattern).fits(MESSAGE) is not None) is fits


def test_numbers_are_equal_as_numbers_however_they_were_decoded():
    assert Pattern({"p": 1.5}).fits({"p": Decimal("1.50")})
    assert Pattern({"p": 2}).fits({"p": Decimal("2")})


def test_a_pattern_in_a_text_is_a_regular_expression():
    assert Pattern({"code": {"pattern": "^E"}}).fits({"code": "E7"})
    assert not Pattern({"code": {"pattern": "^E"}}).fits({"code": "7E"})
    assert not Pattern({"code": {"pattern": "."}}).fits({"code": 7})


def test_what_a_message_echoes_is_found():
    found = Pattern({"id": {"echo": True}, "ok": True}).fits({"id": 7, "ok": True})
    assert found
    assert found.echo == 7
    assert Pattern({"id": {"echo": True}}).fits({"ok": True}) is None


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ({}, "names at least one member"),
        ({"a": {}}, '"a" asks for {}'),
        ({"a": {"any": [1], "absent": True}}, '"a" asks for'),
        ({"a.": 1}, "is no path"),
    ],
)
def test_what_is_no_pattern_is_refused(pattern, said):
    with pytest.raises(ValueError, match=said):
        Pattern(pattern)
