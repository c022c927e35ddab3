"""Tag expressions and names: those that behave would misread, or that select nothing."""

import pytest

from qaws.gherkin.selection import require_names, require_sound_tags
from qaws.verdict import Broken

BORNE = ("QA-WS-006", "QA-WS-013", "p0", "mine")


@pytest.mark.parametrize(
    "text",
    [
        "@p0",
        "p0",
        "@p0 and not @scale",
        "not (@p0 or @load)",
        "@QA-WS-006 or @QA-WS-013",
        "@QA-WS-0*",
        "~@wip",
        "-@p1",
        "@needs.inject and @mine",
        "not @nightly",
    ],
)
def test_what_is_sound_passes(text):
    require_sound_tags([text, "not @wip"], BORNE)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("@p0,@p1", 'write "@p0 or @p1"; a comma does not always join tags'),
        ("@p0 @load", 'two tags in one string; write "@p0 or @load", or "and"'),
        ("not @scale @p0", 'two tags in one string; write "@scale or @p0"'),
        ("@p0@load", 'two tags in one string; write "@p0 or @load"'),
        ("@p0 and (@load @mine)", 'two tags in one string; write "@load or @mine"'),
        ("@QA-WS-06", "selects no scenario: none bears @QA-WS-06; did you mean @QA-WS-006?"),
        ("@p0 and not @laod", "none bears @laod; did you mean @load?"),
        ("@QA-WS-1*", "none bears @QA-WS-1*"),
    ],
)
def test_what_is_not_is_refused_in_one_line(text, said):
    with pytest.raises(Broken) as refused:
        require_sound_tags(["@p0", text], BORNE)
    assert str(refused.value).startswith(f'--tags="{text}": ')
    assert said in str(refused.value)


def test_each_name_must_be_in_a_title():
    titles = ["QA-WS-006 An option tick reaches its subscriber", "QA-WS-009 A hundred clients"]
    require_names(["option tick", "hundred|thousand"], titles)
    with pytest.raises(Broken, match='-n "thousand": selects no scenario'):
        require_names(["option tick", "thousand"], titles)
