"""docs/faults.md: its list, and its picture."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from faults.catalogue import all_faults
from faults.proof import listing

ROOT = Path(__file__).parents[3]


def test_the_list_in_the_docs_is_current():
    """When this fails: python -m faults --write"""
    page = listing.PAGE.read_text(encoding="utf-8")
    assert listing.updated(page) == page


def test_the_list_tells_each_fault_once():
    text = listing.markdown()
    assert all(text.count(each.story) == 1 for each in all_faults().values())
    assert all(f"- `{name}`: " in text for name in all_faults())
    assert "see 0" in text  # where a fault is noticed by a further scenario


def test_a_page_without_marks_is_refused():
    with pytest.raises(ValueError, match="needs the lines"):
        listing.updated("# Faults")


def test_the_picture_in_the_docs_is_small_and_whole():
    file = ROOT / "docs" / "images" / "faults.svg"
    assert file.stat().st_size < 200_000
    assert ElementTree.parse(file).getroot().tag.endswith("svg")
