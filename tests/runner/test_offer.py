"""Which scenarios a target lets run: what goes with each part of a target file."""

import re

import pytest

from qaws import places
from qaws.gherkin.plan_command import parsed
from qaws.runner.offer import COMES_FROM, WHAT_IT_IS, lacks, most_gained, offers
from qaws.sut.launch_sections import SETTINGS
from qaws.sut.target_file import read_target

REFERENCE = places.SUITE / "targets" / "reference.toml"
FEATURES = parsed(places.FEATURES)


@pytest.fixture
def target():
    return read_target(REFERENCE, {}, {})


def not_run(target, lacking=None):
    """Return {id: reasons} of the tests of which not everything runs."""
    return {row.id: row.reasons for row in offers(FEATURES, target, lacking) if row.lacking}


def test_everything_runs_against_the_reference_target(target):
    rows = offers(FEATURES, target)
    assert not_run(target) == {}
    assert {row.id for row in rows} >= {f"QA-WS-{n:03}" for n in range(1, 26)}
    assert all(row.running == row.rows > 0 for row in rows)
    assert [row.priority for row in rows if row.id == "QA-WS-015"] == ["p0", "nightly"]


def test_what_a_target_declines_is_said_in_the_words_of_its_file(target):
    declining = target.model_copy(update={"declines": ["pings within 60 s"]})
    said = lacks(declining, {"pings-within-60-s"})
    assert said == f"the target {target.name} declines: pings within 60 s"


@pytest.mark.parametrize(
    ("left_out", "ids", "reason"),
    [
        ("keepalive", {"QA-WS-101", "QA-WS-116"}, '[settings] has no "keepalive"'),
        ("allow-list", {"QA-WS-023"}, '[settings] has no "allow-list" (27)'),
        (
            "connection limit",
            {"QA-WS-012", "QA-WS-020", "QA-WS-121", "QA-WS-132"},
            '[settings] has no "connection limit"',
        ),
        (
            "idle timeout",
            {"QA-WS-011", "QA-WS-121", "QA-WS-132"},
            '[settings] has no "idle timeout"',
        ),
        ("user limit", {"QA-WS-108"}, 'needs [settings] "user limit"'),
        ("log level", {"QA-WS-025"}, '[settings] has no "log level"'),
    ],
)
def test_what_needs_a_setting_goes_with_it(target, left_out, ids, reason):
    settings = {name: each for name, each in target.settings.items() if name != left_out}
    found = not_run(target.model_copy(update={"settings": settings}))
    assert set(found) == ids
    assert all(reason in said for said in found.values()), found


def test_what_would_let_the_most_rows_run_is_told(target):
    assert most_gained(offers(FEATURES, target)) == ""
    lacking = target.model_copy(update={"statistics": None})
    rows = offers(FEATURES, lacking)
    count = sum(row.lacking["needs [statistics]"] for row in rows)
    assert count > 1
    assert most_gained(rows) == (
        "the most is gained by [statistics] (an address at which the service counts its "
        f"connections and subscriptions): {count} rows wait for it"
    )
    settings = {name: each for name, each in target.settings.items() if name != "allow-list"}
    rows = offers(FEATURES, target.model_copy(update={"settings": settings}))
    assert most_gained(rows) == 'the most is gained by [settings] "allow-list": 27 rows wait for it'
    assert set(WHAT_IT_IS) <= set(COMES_FROM.values())


def told_settings():
    """Return {setting: ids} of the table that docs/targets.md has of them."""
    page = (places.SUITE / "docs" / "targets.md").read_text("utf-8")
    table = page.split('<a id="settings"></a>')[1].split("\nCommand and variables")[0]
    for line in table.splitlines():
        if found := re.match(r'\| (`".+) \|.*\| ([\d, ]+) \|$', line):
            for name in re.findall(r'"(.+?)"', found[1]):
                yield name, {f"QA-WS-{number}" for number in found[2].split(", ")}


def test_the_docs_list_all_settings_and_who_asks_for_each(target):
    told = dict(told_settings())
    assert set(told) == set(target.settings) | {"time zone"} == set(SETTINGS)
    for name in target.settings:
        settings = {each: said for each, said in target.settings.items() if each != name}
        assert set(not_run(target.model_copy(update={"settings": settings}))) == told[name], name


def test_what_needs_a_place_for_tokens_a_section_or_an_agreement_goes_with_it(target):
    auth = target.auth.model_copy(update={"token_locations": ["query parameter"]})
    one = not_run(target.model_copy(update={"auth": auth}))
    assert one == {"QA-WS-003": '[auth] token_locations has no "Authorization header" (2)'}
    declined = not_run(target.model_copy(update={"declines": ["key ids", "deep nesting"]}))
    assert "declines key ids" in declined["QA-WS-021"]
    assert set(declined) == {"QA-WS-021"}
    assert "needs [feed]" in not_run(target.model_copy(update={"feed": None}))["QA-WS-006"]
    withheld = not_run(target, {"statistics": "they ask for credentials"})
    assert "they ask for credentials" in withheld["QA-WS-004"]
