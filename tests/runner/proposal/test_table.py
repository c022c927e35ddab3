"""What is written reads back as what was meant."""

import tomllib

import pytest

from qaws.runner.proposal import table
from qaws.runner.proposal.ways import ways


@pytest.mark.parametrize("way", ways()[1:], ids=lambda way: way.name)
def test_a_dialect_reads_back(way):
    text = table.text_of(way.written, {})
    assert tomllib.loads(text) == {"dialect": way.written}


def test_what_is_not_certain_stands_above_its_key():
    dialect = {
        "name": "mine",
        "ping": {"say": {"op": "ping"}, "answer": [{"a.b": 'x"y'}]},
        "tick": [{"kind": "option tick", "match": {"t": r"^a\.b"}}],
    }
    doubts = {"ping.answer": "GUESSED", "tick[0].match": "seen: {}"}
    lines = table.text_of(dialect, doubts).splitlines()
    assert lines[lines.index("# GUESSED") + 1] == 'answer = [{ "a.b" = "x\\"y" }]'
    assert lines[lines.index("# seen: {}") + 1] == "match = { t = '^a\\.b' }"
    assert tomllib.loads("\n".join(lines)) == {"dialect": dialect}


@pytest.mark.parametrize("text", ["a\nb\\c", "\\d+", "\x7f\\", "it's \\w", '"', "é\t\\"])
def test_any_text_reads_back(text):
    assert tomllib.loads(f"x = {table.inline(text)}") == {"x": text}
