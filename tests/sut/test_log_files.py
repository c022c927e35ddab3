"""Logs are read from where they stood, also where they were rotated or emptied meanwhile."""

import os
import shutil

import pytest

from qaws.sut.log_files import KNOWN_BYTES, LogPlace


@pytest.fixture
def log(tmp_path):
    file = tmp_path / "service.log"
    file.write_text("what was there before\n" * 10)
    return file


@pytest.fixture
def place(log):
    noted = LogPlace("the log", str(log))
    yield noted
    noted.close()


def append(file, text):
    with file.open("a") as opened:
        opened.write(text)


def test_what_was_there_before_is_not_new(place, log):
    assert place.written() == ""
    append(log, "new\n")
    assert place.written() == "new\n"
    assert place.written() == "new\n"


def test_a_file_that_comes_later_is_read_from_its_beginning(tmp_path):
    place = LogPlace("the log", str(tmp_path / "later.log"))
    assert not place.is_there
    (tmp_path / "later.log").write_text("first\n")
    assert place.is_there
    assert place.written() == "first\n"


def test_a_renamed_file_is_read_on_and_its_successor_from_the_beginning(place, log):
    append(log, "before the rotation\n")
    log.rename(log.with_suffix(".log.1"))
    append(log.with_suffix(".log.1"), "the last line\n")
    log.write_text("after it\n")
    assert place.written() == "before the rotation\nthe last line\n\nafter it\n"


def test_a_file_that_was_removed_is_read_all_the_same(place, log):
    append(log, "the last line\n")
    log.unlink()
    assert place.written() == "the last line\n"


@pytest.mark.parametrize("lines", [1, 50])
def test_a_file_that_was_emptied_is_read_from_its_beginning_however_long_it_grew(place, log, lines):
    shutil.copy(log, log.with_suffix(".log.1"))
    os.truncate(log, 0)
    append(log, "after it\n" * lines)
    assert place.written() == "after it\n" * lines


def test_a_pattern_names_many_files_each_of_which_is_read_once(tmp_path):
    (tmp_path / "a").mkdir()
    for name in ("one.log", "a/two.log"):
        (tmp_path / name).write_text("old\n")
    place = LogPlace("the logs", str(tmp_path / "**/*.log"))
    append(tmp_path / "one.log", "1\n")
    append(tmp_path / "a/two.log", "2\n")
    (tmp_path / "a/three.log").write_text("3\n")
    (tmp_path / "one.log").rename(tmp_path / "one.1.log")
    (tmp_path / "other.txt").write_text("4\n")
    assert sorted(place.written().split()) == ["1", "2", "3"]


def test_its_state_differs_as_soon_as_something_is_written(place, log):
    before = place.state()
    assert place.state() == before
    append(log, "x")
    assert place.state() != before
    before = place.state()
    log.rename(log.with_suffix(".log.1"))
    log.write_text("")
    assert place.state() != before


def test_what_is_no_file_does_not_hold_anybody_up(tmp_path):
    os.mkfifo(tmp_path / "pipe.log")
    (tmp_path / "folder.log").mkdir()
    assert LogPlace("the logs", str(tmp_path / "*.log")).written() == ""


def test_bytes_that_are_no_text_are_read(place, log):
    with log.open("ab") as opened:
        opened.write(b"\xff token \xfe")
    assert " token " in place.written()


def test_a_short_file_is_known_by_all_of_it(tmp_path):
    file = tmp_path / "short.log"
    file.write_text("ab")
    assert len("ab") < KNOWN_BYTES
    place = LogPlace("the log", str(file))
    os.truncate(file, 0)
    append(file, "xyz")
    assert place.written() == "xyz"
