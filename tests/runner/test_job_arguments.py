"""Arguments that behave would end with a traceback for: one line, before anything is deleted."""

import json

import pytest

from qaws.report.junit import RUN
from qaws.runner.job import refused


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-n", "Forged (tokens"], r'-n "Forged (tokens": is no regular expression (missing )'),
        (["--name=["], '-n "[": is no regular expression (unterminated character set'),
        (["-i", "["], '-i "[": is no regular expression'),
        (["--exclude", "*.feature"], '-e "*.feature": is no regular expression (nothing to repeat'),
        (["--tags=@p0 and"], '--tags="@p0 and": is no tag expression (and: Too few operands)'),
        (["-t", "(@p0"], """--tags="(@p0": is no tag expression (Unclosed '('"""),
        (["--tags=@p0,@p1"], '--tags="@p0,@p1": write "@p0 or @p1"'),
    ],
)
def test_what_behave_could_not_read_is_one_line(tmp_path, capsys, arguments, said):
    assert refused(arguments, tmp_path) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"BROKEN: {said}")
    assert told.count("\n") == 1
    record = json.loads((tmp_path / "run.json").read_text())
    assert record["state"] == "broken"
    assert f"BROKEN: {record['error']}\n" == told
    assert (tmp_path / "junit" / f"TESTS-{RUN}.xml").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["-n", r"Forged \(tokens"],
        ["-i", r"token.*\.feature$", "--tags=@p0 and not (@load or @nightly)"],
        ["--tags=@QA-WS-00*", "--tags=not @x"],
        ["-n"],
    ],
)
def test_what_behave_can_read_is_left_to_it(tmp_path, capsys, arguments):
    assert refused(arguments, tmp_path) == 0
    assert capsys.readouterr().err == ""
    assert not list(tmp_path.iterdir())
