"""Heads of lanes in the picture of a scenario do not touch."""

from itertools import pairwise
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest

from qaws.clients.frame_log import Frame
from qaws.oracle.ledger import Ledger
from qaws.report.sequence_diagram import LETTER, sequence_diagram

TEXT = "{http://www.w3.org/2000/svg}text"


def heads(*names):
    clients: list[Any] = [
        SimpleNamespace(
            name=name, log=[Frame(1, "→", "handshake", "GET /")], ended_by_service=False
        )
        for name in names
    ]
    picture = ElementTree.fromstring(sequence_diagram([], clients, Ledger(), 0))
    return [
        (float(each.attrib["x"]), float(each.attrib["y"]), str(each.text))
        for each in picture.iter(TEXT)
        if each.get("font-weight") == "bold"
    ]


def test_newcomers_share_a_lane_as_clients_do():
    names = [*(f"client {n}" for n in range(99)), *(f"newcomer {n}" for n in range(13))]
    assert [text for _, _, text in heads(*names)] == ["99 clients", "13 newcomers", "service"]


@pytest.mark.parametrize("many", [1, 3, 8, 12])
def test_heads_of_one_line_stand_apart(many):
    found = heads(*[f"Client {letter}" for letter in "ABCDEFGHIJKL"[:many]])
    for line in {y for _, y, _ in found}:
        row = sorted((x, text) for x, y, text in found if y == line)
        for (left, first), (right, second) in pairwise(row):
            assert right - left > LETTER * (len(first) + len(second)) / 2 * 0.8
