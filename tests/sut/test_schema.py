"""The JSON Schema of target files knows what the suite knows."""

import json
import tomllib
from pathlib import Path

import fastjsonschema
import pytest

from qaws.sut.schema import schema_page, target_schema

ROOT = Path(__file__).parents[2]
TARGETS = sorted(
    file
    for folder in ("targets", "tests/services", "tests/e2e/foreign")
    for file in (ROOT / folder).rglob("*.toml")
    if not file.name.endswith(".expected.toml") and "url" in file.read_text("utf-8")
)


@pytest.fixture(scope="module")
def validate():
    return fastjsonschema.compile(target_schema())


@pytest.mark.parametrize("file", TARGETS, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_target_of_the_project_fits(validate, file):
    validate(tomllib.loads(file.read_text("utf-8")))


def test_there_are_targets_to_hold_against_it():
    assert len(TARGETS) >= 8


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("endpoint", "idle_timeout", 300),
        ("auth", "algorithm", "XS512"),
        ("auth", "first_message_within_s", -1),
        ("feed", "broker", "amqp://localhost"),
        ("launch", "ready_within_s", "soon"),
    ],
)
def test_what_the_suite_refuses_does_not_fit(validate, section, key, value):
    data = tomllib.loads((ROOT / "targets" / "reference.toml").read_text("utf-8"))
    validate(data)
    data[section][key] = value
    with pytest.raises(fastjsonschema.JsonSchemaValueException):
        validate(data)


def test_a_section_that_is_none_does_not_fit(validate):
    data = tomllib.loads((ROOT / "targets" / "reference.toml").read_text("utf-8"))
    with pytest.raises(fastjsonschema.JsonSchemaValueException):
        validate(data | {"endpoints": {}})


def test_the_page_is_the_schema():
    page = (ROOT / "docs" / "target.schema.json").read_text("utf-8")
    assert page == schema_page()
    assert "file" not in json.loads(page)["properties"]
