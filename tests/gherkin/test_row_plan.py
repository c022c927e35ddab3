"""The plan of the rows of data: what is taken away or altered in a list is told, all of it."""

import copy
import re
import shutil
import time
from pathlib import Path

import pytest

from qaws import places
from qaws.gherkin import plan_command
from qaws.gherkin.comparison import compare
from qaws.gherkin.edits import told
from qaws.gherkin.plan import read_plan
from qaws.gherkin.row_comparison import MOST_LETTERS, compare_rows, with_all_rows
from qaws.gherkin.row_lint import ABOUT
from qaws.gherkin.row_plan import (
    RowPlan,
    leaves,
    read_row_plan,
    row_plan_of,
    write_row_plan,
)
from qaws.protocol import rows
from qaws.verdict import Broken
from tests.gherkin.test_plan import selection

FEATURES = places.FEATURES
PLAN = read_row_plan()
"""As it is in the project."""
EVERY_FLOW = ("all flows of ticks", "QA-WS-006")
HALF = "a host that ends like a listed one"


@pytest.fixture(scope="module")
def runs():
    """What of the plan a run of everything plays; by tags, what that selects."""
    features = plan_command.parsed(FEATURES)
    plan = read_plan(FEATURES)
    return lambda tags=None: compare(plan, features, FEATURES, selection(tags)).runs


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A copy of the data files; all lists are read from there. Return how to edit one."""
    folder = tmp_path / "features" / "data"
    shutil.copytree(places.DATA, folder)
    monkeypatch.setattr(places, "DATA", folder)
    monkeypatch.setattr(places, "SUITE", tmp_path)

    def edit(stem, change):
        file = folder / f"{stem}.toml"
        text = file.read_text("utf-8")
        assert change(text) != text
        file.write_text(change(text), "utf-8")
        _forget()

    _forget()
    yield edit
    monkeypatch.undo()
    _forget()


def _forget():
    for each in rows.lists():
        each.forget()


def replaced(old, new):
    def change(text):
        assert old in text
        return text.replace(old, new, 1)

    return change


def without(key):
    """Return a text without the row of that key."""
    attack, _, name = key.rpartition(": ")

    def change(text):
        parts = re.split(r"(?m)^(?=\[)", text)
        own = [
            part
            for part in parts
            if f'\nname = "{name or key}"\n' in part
            and f'attack = "{attack}"'[: -1 if attack else 0] in part
        ]
        assert len(own) == 1, key
        return "".join(part for part in parts if part is not own[0])

    return change


def found(runs, tags=None, every=False):
    return compare_rows(PLAN, runs(tags), every=every)


def test_the_rows_are_as_planned_and_that_is_told_at_once(runs):
    chosen = runs()
    compare_rows(PLAN, chosen, every=False)
    began = time.process_time()
    nothing = compare_rows(PLAN, chosen, every=True)
    took_s = time.process_time() - began
    assert (nothing.problems, nothing.additions, nothing.edits) == ([], [], [])
    assert took_s < 0.1


@pytest.mark.parametrize("stem", sorted(PLAN))
def test_each_row_that_is_deleted_is_missed_by_whoever_plays_it(runs, data, stem):
    file = places.DATA / f"{stem}.toml"
    whole = file.read_text("utf-8")
    chosen = [run for run in runs() if run.id == ABOUT[stem][1].replace(*EVERY_FLOW)]
    for key in PLAN[stem]["row"]:
        data(stem, without(key))
        [problem] = compare_rows(PLAN, chosen, every=False).problems
        assert f'lacks 1 row of the plan: "{key}"' in problem
        assert re.match(rf"features/data/{stem}\.toml:\d+: ", problem)
        assert re.search(r", played by QA-WS-\d+", problem)
        assert 'take it out of the plan on purpose with "qaws plan --replace"' in problem
        file.write_text(whole, "utf-8")


@pytest.mark.parametrize("stem", sorted(PLAN))
def test_each_value_that_is_altered_is_told_with_both_sides(runs, stem):
    chosen = runs()
    values = {
        (table, key): [each for each in leaves(members).items() if each[0] != "attack"]
        for table, planned in PLAN[stem].items()
        for key, members in planned.items()
    }
    for number in range(max(map(len, values.values()))):  # one value of each row at a time
        plan, altered = copy.deepcopy(PLAN), set()
        for (table, key), found_there in values.items():
            if number < len(found_there):
                place, text = found_there[number]
                _put(plan[stem][table][key], place, "of old")
                now = text if len(text) <= MOST_LETTERS else f"{text[:MOST_LETTERS]}…"
                altered.add((f'{place} = "of old"', f"{place} = {now}", key))
        edits = compare_rows(plan, chosen, every=False).edits
        assert {(each.planned, each.now, *each.rows) for each in edits} == altered
        assert all(each.deviates and each.id.startswith("QA-WS-") for each in edits)


def _put(members, place, value):
    """Put a value where `leaves` has found one: "frames[2].sends"."""
    *path, last = [
        int(part[1:-1]) - 1 if part.startswith("[") else part
        for part in re.findall(r"\[\d+\]|[^.\[\]]+", place)
    ]
    for part in path:
        members = members[part]
    members[last] = value


def test_a_row_that_is_altered_names_file_line_row_and_both_sides(runs, data):
    data("origins", replaced("https://evildesk.example", "https://rogue.test"))
    result = found(runs)
    assert result.problems == result.additions == []
    [line] = told(result.edits)
    text = (places.DATA / "origins.toml").read_text().splitlines()
    number = text.index(f'name = "{HALF}"')
    assert line == (
        f'features/data/origins.toml:{number}: QA-WS-023, row "{HALF}", differs from the plan: as '
        'planned: sends[1] = "https://evildesk.example"; as run: sends[1] = "https://rogue.test"'
    )


WEAKENED = {
    "a member more": (
        ("malformed-messages", 'sends = "42"', 'sends = "42"\nany_dialect = true'),
        None,  # it has it already: that is no TOML
    ),
    "a member less": (
        ("malformed-messages", 'sends = "42"\nany_dialect = true', 'sends = "42"'),
        "as planned: any_dialect = true; as run: no any_dialect",
    ),
    "what goes without saying": (
        ("malformed-messages", '"teleport"}\'', '"teleport"}\'\nany_dialect = false'),
        "",
    ),
    "a listed origin": (
        ("origins", "https://desk.example", "https://dusk.example"),
        'row "the trading desk", differs from the plan: as planned: sends[1] = "https://desk.ex',
    ),
    "a good tick that payloads are made of": (
        ("malformed-payloads", "last_price = 120.5", "last_price = 0"),
        'QA-WS-102, row "option tick", differs from the plan: as planned: last_price = 120.5',
    ),
    "a zero that is no minus zero": (
        ("edge-ticks", "delta = -0.0", "delta = 0.0"),
        "as planned: members.greeks.delta = -0.0; as run: members.greeks.delta = 0.0",
    ),
    "words about a row": (("origins", 'source = "Spec', 'what = "a page"\nsource = "Spec'), ""),
    "a group of an attack": (
        ("hostile-inputs", 'of = ["text that is not UTF-8", ', "of = ["),
        'row "what ends a connection", differs from the plan: as planned: of[1] = "text that is',
    ),
}


@pytest.mark.parametrize(("edit", "said"), WEAKENED.values(), ids=WEAKENED)
def test_what_weakens_a_row_is_told_and_its_words_are_free(runs, data, edit, said):
    stem, old, new = edit
    data(stem, replaced(old, new))
    if said is None:
        [problem] = found(runs).problems
        assert f"features/data/{stem}.toml: is not TOML" in problem
        return
    result = found(runs)
    assert result.problems == []
    lines = told(result.edits)
    assert said in lines[0] if said else not lines


def test_an_emptied_file_lacks_all_of_its_rows(runs, data):
    data("malformed-messages", lambda text: "")
    [problem] = found(runs).problems
    assert problem.startswith(
        'features/data/malformed-messages.toml:1: lacks 10 rows of the plan: "broken JSON", "an '
    )


def test_a_file_that_is_gone_or_no_toml_is_told_by_whoever_plays_it(runs, data):
    (places.DATA / "origins.toml").unlink()
    data("near-misses", lambda text: f"{text}[[row\n")
    assert found(runs, "@QA-WS-023").problems == [
        "features/data/origins.toml: is gone; put it back"
    ]
    [problem] = found(runs, "@QA-WS-021").problems
    assert problem.startswith("features/data/near-misses.toml: is not TOML")
    assert found(runs, "@QA-WS-010").problems == []


def test_a_run_is_about_the_rows_that_it_plays(runs, data):
    data("malformed-messages", replaced('sends = "null"', 'sends = "42"'))
    data("origins", without(HALF))
    for tags in ("@QA-WS-006", "@p0 and @load", "@QA-WS-021"):
        other = found(runs, tags)
        assert (other.problems, other.edits) == ([], [])
    assert found(runs, "@QA-WS-010").problems == []
    assert [each.id for each in found(runs, "@QA-WS-010").edits] == ["QA-WS-010"]
    everything = found(runs, "@QA-WS-006", every=True)
    assert len(everything.problems) == len(everything.edits) == 1


def test_the_edges_of_the_market_are_played_by_all_who_publish(runs, data):
    data("edge-ticks", replaced("gamma = 5e-324", "gamma = 0.5"))
    ids = {each.id for each in found(runs).edits}
    assert {"QA-WS-006", "QA-WS-007", "QA-WS-014", "QA-WS-024"} <= ids
    assert "QA-WS-001" not in ids
    [line] = told(found(runs).edits)
    assert re.search(r"edge-ticks.toml:\d+: QA-WS-002, QA-WS-00\d, QA-WS-00\d and \d+ more, ", line)


def test_edges_that_change_places_are_told(runs, data):
    plan = PLAN["edge-ticks"]["row"]
    same = "an option of which nothing has changed"
    assert [*plan][3] == same

    def first(text):
        head, *parts = re.split(r"(?m)^(?=\[)", text)
        parts.insert(0, parts.pop(3))
        return head + "".join(parts)

    data("edge-ticks", first)
    [line] = told(found(runs, "@QA-WS-006").edits)
    assert f'row "{same}"' in line
    assert 'as planned: behind "the largest option"; as run: as the first' in line


MORE = """[[row]]
attack = "binary messages"
name = "a song"
sends = "la"
source = "Plan"

"""


def test_what_a_team_adds_is_fine_but_not_in_the_place_of_what_is_planned(runs, data):
    def last(text):
        return f"{text}\n{MORE}"

    def amid(text):
        return text.replace("[[row]]\n", f"{MORE}[[row]]\n", 1)

    file = places.DATA / "hostile-inputs.toml"
    whole = file.read_text("utf-8")
    data("hostile-inputs", last)
    added = found(runs)
    assert (added.problems, added.edits) == ([], [])
    [line] = added.additions
    assert 'has 1 new row: "binary messages: a song"; "qaws plan --add" puts what is new' in line
    file.write_text(whole, "utf-8")
    data("hostile-inputs", amid)
    [problem] = found(runs).problems
    assert re.search(
        r'hostile-inputs.toml:\d+: "binary messages: [^"]+" of the plan would not be played: only 4'
        r' inputs of "binary messages" are, and others stand before; put new ones last, or raise',
        problem,
    )


def test_rows_of_a_team_in_a_folder_of_its_own_are_no_matter_of_the_plan(runs, data, tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    (own / "origins.toml").write_text('[[row]]\nname = "x"\nsends = ["y"]\nsource = "Team: us"\n')
    (own / "malformed-payloads.toml").write_text('[tick."option tick"]\nlast_price = 0\n')
    before = [*rows._OWN]
    try:
        rows.use(own)
        result = found(runs)
    finally:
        rows._OWN[:] = before
    assert (result.problems, result.additions) == ([], [])
    assert {each.rows for each in result.edits} == {("option tick",)}  # by which it alters ours
    assert {Path(each.at).parent.name for each in result.edits} == {"own"}


# --- the command ---------------------------------------------------------------------------------


@pytest.fixture
def command(data, tmp_path, monkeypatch, capsys):
    """Run `qaws plan` on a copy of features and data; return exit code and output."""
    for file in FEATURES.iterdir():
        if file.is_file():
            shutil.copy(file, tmp_path / "features")
    monkeypatch.setattr(places, "FEATURES", tmp_path / "features")
    monkeypatch.chdir(tmp_path)

    def running(*arguments):
        code = plan_command.main([*arguments])
        return code, capsys.readouterr().out

    return running


def test_the_command_takes_rows_over_and_out_only_on_purpose(command, data):
    assert command() == (0, "plan: 0 differences\n")
    data("malformed-messages", without("null"))
    data("malformed-messages", replaced("teleport", "subscribe"))
    data("malformed-messages", lambda text: f"{text}\n{MORE.replace('attack', '# attack')}")
    code, said = command("--add")
    assert code == 1
    assert "a song" not in said
    assert 'lacks 1 row of the plan: "null" (sends = "null", any_dialect = true)' in said
    assert (
        'QA-WS-010, row "an unknown action", differs from the plan: as planned: sends = "{\\"action'
        in said
    )
    assert 'put it back, or plan it so with "qaws plan --replace"' in said
    planned = read_row_plan()["malformed-messages"]["row"]
    assert planned["a song"] == {"sends": "la"}
    assert planned["an unknown action"] == {"sends": '{"action": "teleport"}'}
    code, said = command("--replace")
    assert code == 0
    assert "taken out of the plan: features/data/malformed-messages.toml:23: lacks 1 row" in said
    assert "changed in the plan: features/data/malformed-messages.toml" in said
    assert command() == (0, "plan: 0 differences\n")


def test_the_command_writes_no_plan_of_data_that_cannot_be_read(command, data):
    planned = (places.DATA / "plan.json").read_text()
    data("origins", replaced("sends =", "sedns ="))
    for way in ("--add", "--replace"):
        code, said = command(way)
        assert (code, said.count("\n")) == (1, 1)
        assert 'origins.toml: "the trading desk": has no key "sedns"; did you mean "sends"' in said
    assert (places.DATA / "plan.json").read_text() == planned


def test_a_plan_of_rows_is_read_as_it_was_written_and_is_that_of_the_lists(data):
    before = (places.DATA / "plan.json").read_text()
    write_row_plan(PLAN)
    assert (places.DATA / "plan.json").read_text() == before
    assert read_row_plan() == PLAN
    there = {each.stem: row_plan_of(each) for each in rows.lists()}
    assert there == PLAN


@pytest.mark.parametrize(
    ("text", "said"),
    [(None, "is missing"), ("{", "cannot be read"), ('{"origins": {"row": [1]}}', "cannot be re")],
)
def test_a_plan_of_rows_that_cannot_be_used_is_broken(data, text, said):
    (places.DATA / "plan.json").unlink()
    if text:
        (places.DATA / "plan.json").write_text(text)
    with pytest.raises(Broken, match=f'{said}.*"qaws plan --replace"'):
        read_row_plan()


def test_what_is_new_goes_where_it_stands():
    plan: RowPlan = {"a": {"row": {"one": {"of": 1}, "two": {}}}}
    there: RowPlan = {
        "a": {"row": {"none": {}, "one": {"of": 2}, "more": {}, "three": {}}},
        "b": {"row": {}},
    }
    merged = with_all_rows(plan, there)
    assert [*merged["a"]["row"]] == ["none", "one", "more", "three", "two"]
    assert merged["a"]["row"]["one"] == {"of": 1}
