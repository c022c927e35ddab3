"""The matrix and its picture: whole, in order, told by words and shapes."""

import json
import re
from xml.etree import ElementTree

import pytest

from faults.catalogue import all_faults, find
from faults.proof import scope
from faults.proof.findings import Finding, Proof
from faults.proof.judgement import Judgement, Mark, judge
from faults.proof.matrix import LEGEND, SIGNS, page, write_matrix
from faults.proof.picture import picture


@pytest.fixture
def matrix() -> dict[str, object]:
    chosen = [find("price-rounded"), find("volume-zero")]
    titles = {"QA-WS-006": "QA-WS-006 A <tick>", "QA-WS-007": "QA-WS-007 Bars"}
    proof = Proof(True, chosen, titles=titles)
    caught, quiet = Judgement(Mark.CAUGHT, 'said "so"'), Judgement(Mark.QUIET)
    missed = Judgement(Mark.MISSED, "passed")
    proof.findings = [
        Finding(chosen[1], {"QA-WS-006": quiet, "QA-WS-007": missed}, 2.0),
        Finding(chosen[0], {"QA-WS-006": caught}, 1.0),
    ]
    return proof.as_dict(3.0)


def test_the_matrix_is_in_order_of_the_catalogue(matrix, tmp_path):
    write_matrix(tmp_path, matrix)
    read = json.loads((tmp_path / "faults.json").read_text())
    assert [each["name"] for each in read["faults"]] == ["price-rounded", "volume-zero"]
    assert [each["proven"] for each in read["faults"]] == [True, False]
    assert (tmp_path / "faults.html").exists()
    assert (tmp_path / "faults.svg").exists()


def test_the_page_tells_marks_by_words_and_is_self_contained(matrix):
    text = page(matrix)
    assert "<small>caught</small>" in text
    assert "<small>MISSED</small>" in text
    assert "&lt;tick&gt;" in text
    assert 'title="said &quot;so&quot;"' in text
    assert 'class="off"' in text  # price-rounded was not held against 007
    assert not re.search(r"https?://|<script|<link", text)


def test_every_mark_has_a_sign_and_an_explanation():
    assert set(SIGNS) == set(LEGEND) == set(Mark)
    assert len(set(SIGNS.values())) == len(Mark)


def test_the_whole_catalogue_fits_the_page():
    proof = Proof(True, list(all_faults().values()), titles={"QA-WS-006": "QA-WS-006 T"})
    proof.findings = [Finding(f, judge(f.caught_by, []), 1.0) for f in all_faults().values()]
    text = page(proof.as_dict(1.0))
    assert all(f"<b>{name}</b>" in text for name in all_faults())


def test_the_picture_tells_marks_by_shape(matrix):
    drawn = ElementTree.fromstring(picture(matrix, SIGNS))
    shapes = [each.get("class") for each in drawn.iter() if each.get("class")]
    assert shapes.count("caught") == shapes.count("quiet") == 2  # each once in the key
    assert shapes.count("bad") == 2
    texts = [each.text for each in drawn.iter() if each.text]
    assert texts.count(SIGNS[Mark.MISSED]) == 2
    assert {"006", "007", "price-rounded", "volume-zero", "Broadcasting"} <= set(texts)


def test_the_picture_of_the_whole_catalogue_is_small():
    ids = {test_id: test_id for test_id in scope.scenarios()}
    proof = Proof(True, list(all_faults().values()), titles=ids)
    quiet = {test_id: Judgement(Mark.QUIET) for test_id in ids}
    proof.findings = [Finding(fault, quiet, 1.0) for fault in all_faults().values()]
    assert len(picture(proof.as_dict(1.0), SIGNS).encode()) < 500 * len(proof.findings)
