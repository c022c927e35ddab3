"""What is asked over HTTP without holding up the loop."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from qaws.runtime import http_client

ANSWER = 200, "OK", [], b""


def asking(ask, count, within_s, monkeypatch, at_once=6):
    """Ask so often at the same time; return what came of each."""
    monkeypatch.setattr(http_client, "ask", ask)
    threads = ThreadPoolExecutor(at_once)
    monkeypatch.setattr(http_client, "_threads_of", lambda _process: threads)

    async def all_of_them():
        each = (http_client.asked("", "GET", "http://x", {}, None, within_s) for _ in range(count))
        return await asyncio.gather(*each, return_exceptions=True)

    return asyncio.run(all_of_them())


def test_who_waits_for_a_thread_of_the_suite_is_not_kept_waiting_by_the_service(monkeypatch):
    """Of fifty at once most were given up before they had been asked."""

    def ask(*_):
        time.sleep(0.2)
        return ANSWER

    assert asking(ask, 30, 0.9, monkeypatch) == [ANSWER] * 30


def test_who_is_not_answered_in_time_is_given_up(monkeypatch):
    def ask(*_):
        time.sleep(1.0)
        return ANSWER

    (gone,) = asking(ask, 1, 0.1, monkeypatch)
    assert isinstance(gone, TimeoutError)


def test_a_refused_connection_is_told_as_it_is(closed_port):
    with pytest.raises(ConnectionRefusedError):
        asyncio.run(http_client.asked("", "GET", f"http://127.0.0.1:{closed_port}/", {}, None, 5.0))
