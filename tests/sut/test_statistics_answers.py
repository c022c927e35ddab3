"""What it means where a service does not answer its statistics."""

import time
from email.message import Message
from urllib.error import HTTPError

import pytest

from qaws.sut.statistics_answers import StatisticsAnswers
from qaws.verdict import Broken, NotVerified

URL = "http://127.0.0.1:1/ws/stats"
PROBLEMS = [HTTPError(URL, 503, "busy", Message(), None), ConnectionResetError("cut")]


@pytest.mark.parametrize("problem", PROBLEMS, ids=["503", "cut"])
def test_where_there_never_was_an_answer_the_target_file_is_to_be_looked_at(problem):
    said = StatisticsAnswers().missed(URL, problem, time.monotonic_ns())
    assert isinstance(said, Broken)
    assert "check [statistics] in the target file" in str(said)


@pytest.mark.parametrize("problem", PROBLEMS, ids=["503", "cut"])
def test_where_there_was_one_the_service_is_not_to_be_blamed_on_its_file(problem):
    answers = StatisticsAnswers()
    answers.came(time.monotonic_ns())
    said = answers.missed(URL, problem, time.monotonic_ns())
    assert isinstance(said, NotVerified)
    assert "where they had answered before" in str(said)
