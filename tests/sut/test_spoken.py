"""Which dialect a target speaks; mistakes in its tables; and what the page about them says."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from qaws.protocol.declared import Declared
from qaws.protocol.dialect import QaWs
from qaws.protocol.dialect_table import DialectTable, Listed
from qaws.sut.spoken import dialect_of
from qaws.sut.target_file import read_target
from qaws.verdict import Broken

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/dialects.md").read_text(encoding="utf-8")
TARGET = (ROOT / "tests/services/dialects/tokens.toml").read_text(encoding="utf-8")


@pytest.fixture
def read(tmp_path):
    def reading(text):
        file = tmp_path / "mine.toml"
        file.write_text(text, encoding="utf-8")
        return read_target(file, {}, {})

    return reading


def test_the_reference_target_speaks_the_built_in_dialect():
    assert isinstance(dialect_of(read_target(ROOT / "targets/reference.toml", {}, {})), QaWs)


def test_names_of_its_own_make_it_a_declared_one(read):
    text = (ROOT / "targets/reference.toml").read_text(encoding="utf-8")
    target = read(text + '\n[market]\nNIFTY = { symbol = "AAA" }\n')
    dialect = dialect_of(target)
    assert isinstance(dialect, Declared)
    assert dialect.name == "qa-ws"
    assert not dialect.is_plain
    assert dialect.own_symbol("NIFTY") == "AAA"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('name = "tokens"\n\n[dialect.ping]', "[dialect.ping]", "[dialect] name is missing"),
        ("[dialect.ping]", "[dialect.pings]", "[dialect] pings: unknown key; did you mean ping?"),
        ("answer = [", "answers = [", "[dialect.ping] answers: unknown key; did you mean answer?"),
        (
            "sequence = ",
            "sequenze = ",
            "[dialect.tick[0]] sequenze: unknown key; did you mean sequence?",
        ),
        ('"data.seq"', '"data[seq]"', '[dialect.tick[0]] sequence: "data[seq]" is no path'),
        ('kind = "option tick"', 'kind = "tick"', "[dialect.tick[0]] kind = 'tick'"),
        (
            "welcome = [{ type",
            'welcome = [{ "typ."',
            '[dialect.recognise.welcome] 0: "typ." is no path',
        ),
        ('"{instrument}"', '"{token_id}"', "subscribe.instruments: {token_id}: nothing is known"),
        (
            "[[dialect.tick]]",
            '[[dialect.open]]\nsay = { hello = "{name}" }\n\n[[dialect.tick]]',
            "open[0].say: {name}: nothing is known of that name",
        ),
        (
            '["query parameter"]',
            '["first message"]',
            "and the dialect tokens says none: put {token} into a [[dialect.open]]",
        ),
        ("NIFTY = {", "NIFTI = {", 'market: "NIFTI" is no symbol of the features'),
        ('NIFTY = { symbol = "NIFTY-I"', 'NIFTY = { symbol = "BANK-I"', "two symbols"),
    ],
)
def test_a_mistake_in_a_table_is_told_in_one_line(read, tmp_path, old, new, said):
    assert TARGET.count(old) >= 1
    with pytest.raises(Broken) as caught:
        dialect_of(read(TARGET.replace(old, new, 1)))
    message = str(caught.value)
    assert said in message
    assert message.startswith(f"{tmp_path / 'mine.toml'}: ")
    assert "\n" not in message


# --- the page -------------------------------------------------------------------------------------


def _models(model, seen):
    seen.add(model)
    for field in model.model_fields.values():
        for part in re.findall(r"dialect_table\.(\w+)", str(field.annotation)):
            found = globals().get(part) or getattr(
                __import__("qaws.protocol.dialect_table", fromlist=[part]), part
            )
            if isinstance(found, type) and issubclass(found, BaseModel) and found not in seen:
                _models(found, seen)
    return seen


def test_the_page_explains_every_key():
    keys = {key for model in _models(DialectTable, {Listed}) for key in model.model_fields}
    assert {"several", "one_by_one", "symbol_prefix", "error_text", "instruments"} <= keys
    unnamed = {key for key in keys if not re.search(rf"[`\[]{key}[`\]]", PAGE)}
    assert not unnamed


def test_the_example_of_the_page_is_a_target_file_that_is_understood(read):
    (example,) = [
        text for text in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL) if "RELIANCE" in text
    ]
    example = example.replace(
        "[auth]", '[endpoint]\nurl = "wss://ticks.example/"\n\n[auth]\ntoken_variable = "T"'
    )
    dialect = dialect_of(read(example))
    assert [each.text for each in dialect.openings("T0")] == [
        '{"action": "authenticate", "api_key": "T0"}'
    ]
