"""Who is connected for the whole run: begun when they are selected, and judged last."""

from types import SimpleNamespace
from typing import Any

import pytest
from behave.configuration import Configuration
from behave.parser import parse_feature

from qaws.runner.behave_run import Session


def feature(name, tags):
    return parse_feature(f"{tags}\nFeature: {name}\n  @p0\n  Scenario: one\n    Given nothing\n")


@pytest.mark.parametrize(
    ("selection", "begun"),
    [
        ((), 1),
        (("--tags=@p0",), 1),
        (("--tags=@load",), 0),
        (("--tags=@p1",), 0),
        (("-n", "one"), 1),
        (("-n", "another"), 0),
    ],
)
def test_they_are_begun_once_when_they_are_selected_and_go_last(monkeypatch, selection, begun):
    begins = []
    monkeypatch.setattr("qaws.testbed.quiet_clients.begin", begins.append)
    features = [feature("attacks", "@load"), feature("quiet", "@whole-run"), feature("soak", "@x")]
    session: Any = Session.__new__(Session)
    session._runner = SimpleNamespace(
        features=features, config=Configuration([*selection], load_config=False)
    )
    session._begin_whole_run("the testbed")
    assert begins == ["the testbed"] * begun
    assert [each.name for each in features] == ["attacks", "soak", "quiet"]
