"""What was edited in the suite's own features since they were planned: seen, and rightly judged."""

import re
import time

import pytest
from behave.parser import parse_feature

from qaws import places
from qaws.gherkin import plan_command
from qaws.gherkin.comparison import compare
from qaws.gherkin.plan import plan_of, read_plan
from qaws.gherkin.selection import Selection
from tests.gherkin.test_plan import selection

PLAN = read_plan(places.FEATURES)
"""As it is in the project."""


def edits(file, *changes, chosen=None):
    """Return what the comparison says of a feature file in which texts were replaced, once each."""
    path = places.FEATURES / f"{file}.feature"
    text = path.read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    feature = parse_feature(text, None, str(path))
    here = {sid: [p for p in entries if p.file == path.name] for sid, entries in PLAN.items()}
    found = compare(here, [feature], places.FEATURES, chosen)
    assert not found.problems
    return found.edits


def test_the_features_are_as_planned_and_that_is_told_at_once():
    features = plan_command.parsed(places.FEATURES)
    compare(PLAN, features, places.FEATURES)
    took_s = []
    for _ in range(5):  # a collection of garbage falls into one of them
        began = time.process_time()
        found = compare(PLAN, features, places.FEATURES, Selection())
        took_s.append(time.process_time() - began)
        assert (found.problems, found.additions, found.edits) == ([], [], [])
    assert min(took_s) < 0.1


LATENCY = "exactly once, within 2 seconds\n"
LOOSER = [
    ("broadcasting", "once, within 200 ms", "once, within 2 s", "QA-WS-006"),
    ("broadcasting", LATENCY, LATENCY.replace("2", "3"), "QA-WS-009"),
    ("broadcasting", "Given 100 clients are", "Given 50 clients are", "QA-WS-009"),
    ("load", "p99 delivery latency is below 100 ms", "p99 delivery latency is below 500 ms", "QA"),
    ("load", "p99 delivery latency is below", "p90 delivery latency is below", "QA-WS-013"),
    ("load", "at 10,000 per second", "at 1,000 per second", "QA-WS-014"),
    ("compression", "memory growth is below 8 MB", "memory growth is below 80 MB", "QA-WS-118"),
    ("browser", "2 seconds | 5 seconds", "2 seconds | 3 seconds", "QA-WS-116"),
    ("deployment", "Given 500 clients", "Given 50 clients", "QA-WS-105"),
    ("error_handling", "between 2 and 4 seconds", "between 1 and 5 seconds", "QA-WS-011"),
    (
        "error_handling",
        'containing "idle" or "timeout"',
        'containing "i" or "idle" or "timeout"',
        "QA",
    ),
    ("isolation", "at least 128 bits", "at least 64 bits", "QA-WS-025"),
]


@pytest.mark.parametrize(("file", "old", "new", "sid"), LOOSER)
def test_a_looser_figure_is_seen_wherever_it_stands(file, old, new, sid):
    found = edits(file, (old, new))
    assert found
    assert all(each.id.startswith(sid) and each.kind == "looser" for each in found)


@pytest.mark.parametrize(("file", "old", "new", "sid"), LOOSER)
def test_a_stricter_figure_is_told_and_deviates_from_nothing(file, old, new, sid):
    loose = parse_feature(
        (places.FEATURES / f"{file}.feature").read_text("utf-8").replace(old, new, 1),
        None,
        str(places.FEATURES / f"{file}.feature"),
    )
    planned_so = plan_of([loose], places.FEATURES)
    found = compare(
        planned_so,
        [f for f in plan_command.parsed(places.FEATURES) if f.filename == loose.filename],
        places.FEATURES,
    ).edits
    assert found
    assert all(each.kind == "stricter" and not each.deviates for each in found)


def test_an_edit_says_what_was_planned_what_is_run_and_where():
    [edit] = edits("broadcasting", ("once, within 200 ms", "once, within 2 s"))
    line = edit.at.partition(":")[2]
    assert str(edit) == (
        f"features/broadcasting.feature:{line}: QA-WS-006 is looser than planned: as planned: "
        "Then Alice receives each of them exactly once, within 200 ms; as run: Then Alice receives "
        "each of them exactly once, within 2 s"
    )
    text = (places.FEATURES / "broadcasting.feature").read_text("utf-8").splitlines()
    assert "within 200 ms" in text[int(line) - 1]


GONE = [
    ("broadcasting", "    And Alice has received no option tick\n", "Then Alice has received no"),
    (
        "attacks",
        "    And the service's peak memory growth is below 8 MB\n",
        "Then the service's pe",
    ),
    (
        "attacks",
        "    And the service's sockets, sessions, subscriptions and memory are",
        "Given the",
    ),
    (
        "subscriptions",
        "    And Carol unsubscribes from <toggled> 3 times, "
        "and subscribes to it again when ticks have passed\n",
        "When Carol unsubscribes from",
    ),
]


@pytest.mark.parametrize(("file", "old", "planned"), GONE)
def test_a_step_that_is_gone_is_named(file, old, planned):
    line = next(
        e
        for e in (places.FEATURES / f"{file}.feature").read_text().splitlines()
        if old.strip() in e
    )
    found = edits(file, (f"{line}\n", ""))
    assert [(edit.kind, edit.now, edit.rows) for edit in found] == [("gone", "", ())]
    assert found[0].planned.startswith(planned)
    assert "lacks a step of the plan: as planned: " in str(found[0])


OTHER = [
    ("error_handling", "idle timeout of 2 seconds", "idle timeout of 3 seconds"),
    ("attacks", "| 12    | messages over 64 KiB ", "| 12    | messages over 32 KiB "),
    ("attacks", "a close with code 1009    ", "an error                    "),
    ("broadcasting", "| 182300 |", "| 182301 |"),
    ("subscriptions", "from seed 117", "from seed 118"),
    (
        "subscriptions",
        "| NIFTY   | BANKNIFTY | NIFTYNXT50 |",
        "| NIFTY   | FINNIFTY  | NIFTYNXT50 |",
    ),
    ("compression", "| 16384 | 1 ", "| 8192  | 1 "),
    ("load", "p99 delivery latency", "p199 delivery latency"),
    ("storm", "p99 welcome latency", "p999 welcome latency"),
    ("load", "at 10,000 per second", "at 10,1 per second"),
    ("broadcasting", '| "500325"                |', "| 1000650                 |"),
    ("soak", "warmed up with <warm-up>", "warmed up with 24,000"),
    ("tokens", "HTTP 401, or closed", "HTTP 401 or 200, or closed"),
]


@pytest.mark.parametrize(("file", "old", "new"), OTHER)
def test_what_has_no_direction_differs_from_the_plan(file, old, new):
    found = edits(file, (old, new))
    assert found
    assert all(edit.kind == "differs" and edit.deviates for edit in found)


def test_every_number_and_every_step_is_seen():
    """But one: what "its default" is the service says, whatever the row has."""
    unseen = []
    for path in sorted(places.FEATURES.glob("*.feature")):
        lines = path.read_text("utf-8").splitlines(keepends=True)
        here = {sid: [p for p in each if p.file == path.name] for sid, each in PLAN.items()}
        for at, line in enumerate(lines):
            for new in _edited(line, lines[at + 1 : at + 2]):
                text = "".join([*lines[:at], *new, *lines[at + len(new or ".") :]])
                found = compare(here, [parse_feature(text, None, str(path))], places.FEATURES)
                if not (found.edits or found.problems):
                    unseen.append(line.strip())
                elif not new:
                    assert {edit.kind for edit in found.edits} == {"gone"}, line
                else:
                    assert all(edit.kind != "gone" for edit in found.edits), line
    assert [line.split("|")[1].strip() for line in unseen] == [
        "its default connection limit of 1000"
    ]


def _edited(line, following):
    """Yield what may become of a line: it is gone, or one of its numbers is another."""
    is_step = re.match(r" +(?:Given|When|Then|And) ", line)
    if is_step and line.lstrip().startswith("And ") and "|" not in "".join(following):
        yield []
    if is_step or line.lstrip().startswith("|"):
        for number in re.finditer(r"\d+", line):
            other = f"{line[: number.start()]}{int(number[0]) * 2 + 1}{line[number.end() :]}"
            yield [other]


def test_a_cell_is_told_with_its_row_and_line():
    [edit] = edits(
        "attacks", ("| 12    | messages over 64 KiB ", "| 11    | messages over 64 KiB ")
    )
    assert edit.kind == "looser"
    assert edit.rows == ("messages over 64 KiB",)
    assert (edit.planned, edit.now) == ("count = 12", "count = 11")
    assert (
        "messages over 64 KiB"
        in (places.FEATURES / "attacks.feature")
        .read_text()
        .splitlines()[int(edit.at.rpartition(":")[2]) - 1]
    )


HARMLESS = [
    ("broadcasting", "once, within 200 ms", "once, within 0.2 seconds"),
    ("broadcasting", "| what               | symbol ", "| remark             | symbol "),
    ("broadcasting", "QA-WS-006 An option tick reaches", "QA-WS-006 Option ticks reach"),
    ("load", "at 10,000 per second", "at 10000 per second"),
    ("subscriptions", "    And Carol is connected\n", "    Then Carol is connected\n"),
    (
        "tls",
        "    And a ping message from",
        "    And Carol is connected\n    And a ping message from",
    ),
]


@pytest.mark.parametrize(("file", "old", "new"), HARMLESS)
def test_words_and_added_steps_are_no_edit(file, old, new):
    assert edits(file, (old, new)) == []


def test_thens_may_change_places_and_what_is_done_may_not():
    two = ["    And Alice has received no option tick\n", "    Then the open, high, low, close and"]
    text = (places.FEATURES / "broadcasting.feature").read_text()
    then = text[text.index(two[1]) :].splitlines(keepends=True)[0]
    swapped = two[0].replace("And", "Then") + then.replace("Then", "And ")
    assert edits("broadcasting", (then + two[0], swapped)) == []
    recorded = "    And the service's sockets, sessions, subscriptions and memory are recorded\n"
    attack = "    When <count> hostile clients attack with <attack>\n"
    moved = edits("attacks", (recorded + attack, attack + recorded.replace("And", "Given")))
    assert [edit.kind for edit in moved] == ["moved"]


def test_headings_may_be_renamed_together_with_their_blanks():
    path = places.FEATURES / "browser.feature"
    names = [("<keepalive>", "<pause>"), ("| keepalive |", "| pause     |")]
    assert edits(path.stem, *names) == []


def test_only_what_is_selected_is_compared():
    change = ("once, within 200 ms", "once, within 2 s")
    assert edits("broadcasting", change, chosen=selection("@QA-WS-006"))
    assert not edits("broadcasting", change, chosen=selection("@QA-WS-007"))
    assert not edits("broadcasting", change, chosen=selection(name="unusual names"))
    cell = ("| 12    | messages over 64 KiB ", "| 11    | messages over 64 KiB ")
    path = places.FEATURES / "attacks.feature"
    lines = path.read_text().splitlines()
    of = {word: n for n, line in enumerate(lines, 1) for word in ("12  ", "44  ") if word in line}
    for word, number in (("12  ", 1), ("44  ", 0)):
        chosen = Selection(lines={path.resolve(): {of[word]}})
        assert len(edits("attacks", cell, chosen=chosen)) == number
