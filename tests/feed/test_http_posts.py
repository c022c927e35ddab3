"""Ticks that are posted: each once, in order, and an answer that is no 2xx is one clear line."""

import asyncio
import json
import math
import os
import resource
import socket
import threading
import time
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest

from qaws.feed import Feed
from qaws.protocol.dialect import QaWs
from qaws.protocol.market import selection_of
from qaws.runtime.ports import free_port
from qaws.sut.broker import Broker
from qaws.sut.brokers.http_taker import HttpTaker
from qaws.sut.feed_section import Feed as Section
from qaws.verdict import Broken, NotVerified
from tests.waiting import HANG_S, until

NIFTY, BANKNIFTY = selection_of("NIFTY"), selection_of("BANKNIFTY")
SECRET = "posted-by-a-stranger"


class Takes(ThreadingHTTPServer):
    """Takes what is posted; `answers` are those to come, the last one over and over."""

    daemon_threads = True

    def __init__(self, *answers, hangs_up=False):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers, self.hangs_up = list(answers) or [(204, {}, b"")], hangs_up
        self.came, self.lines, self.ended, self.ports = [], 0, 0, []
        self._thread = threading.Thread(target=self.serve_forever)
        self._thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def close(self):
        self.shutdown()
        self.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Takes

    def setup(self):
        super().setup()
        self.server.lines += 1
        self.server.ports.append(self.client_address[1])

    def finish(self):
        super().finish()
        self.server.ended += 1

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.came.append((self.path, dict(self.headers), body))
        answers = self.server.answers
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if answer is None:  # taken, and cut before it is said
            self.close_connection = True
            return
        status, headers, text = answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
        self.close_connection = self.server.hangs_up  # without a word

    def log_message(self, *_):
        pass


@contextmanager
def taking(*answers, **how):
    server = Takes(*answers, **how)
    try:
        yield server
    finally:
        server.close()


def feed_to(url, **more):
    section = Section(url=url, **more)
    secrets = dict.fromkeys(section.secrets, SECRET)
    return Feed(Broker(url, server=HttpTaker(section, secrets)), section, QaWs())


@pytest.fixture
def play(loop):
    """Run `story(feed, option)` on the loop thread with a feed that posts to a URL."""

    def playing(url, story, services=None, **more):
        async def whole():
            feed = feed_to(url, **more)
            if services is not None:
                feed.broker.server.services = lambda: services
            try:
                return await story(feed, partial(feed.market.option_tick, 256265))
            finally:
                await feed.close()

        return loop.call(whole(), timeout_s=2 * HANG_S)

    return playing


def test_what_is_published_comes_in_order_over_one_connection(play):
    async def story(feed, option):
        await feed.publish(option())
        await feed.publish_together([option] * 3)
        await feed.publish_across([option] * 6, 4, lambda: None)
        await feed.publish(feed.market.underlying_bar("NIFTY"))
        return feed.ledger.ticks

    with taking() as server:
        ticks = play(
            f"{server.url}/in/{{channel}}?v=1",
            story,
            options_channel="all options",
            underlying_channel="bars",
            headers={"X-Feed-Key": "Key {key}", "X-Kind": "{channel}"},
            secrets={"key": "FEED_KEY"},
            content_type="application/vnd.tick+json",
        )
        came = list(server.came)
        assert server.lines == 1
    assert [body.decode() for _, _, body in came] == [tick.text for tick in ticks]
    assert [path for path, _, _ in came] == [*["/in/all%20options?v=1"] * 10, "/in/bars?v=1"]
    assert {tick.heard_by for tick in ticks} == {1}
    assert all(tick.due_ns <= tick.sent_ns < tick.taken_ns for tick in ticks)
    _, headers, _ = came[-1]
    assert headers["X-Feed-Key"] == f"Key {SECRET}"
    assert headers["X-Kind"] == "bars"
    assert headers["Content-Type"] == "application/vnd.tick+json"


def test_a_port_from_which_ticks_come_is_told_to_the_service_for_as_long_as_it_is_held(play):
    async def story(feed, option):
        for number in range(1, 3):
            await feed.publish(option())
            await asyncio.to_thread(until, lambda n=number: server.ended == n)
        return {**service.fed_from}

    with taking(hangs_up=True) as server:
        service = a_service(server.url)
        first, last = play("/in", story, [service]).items()
        assert [first[0], last[0]] == server.ports
        assert first[1] < time.monotonic() + 1
        assert last[1] == math.inf
        assert service.fed_from[last[0]] < time.monotonic() + 1, "the feed was closed"


def test_publishers_side_by_side_have_a_connection_each(play):
    async def story(feed, option):
        await feed.publish_side_by_side([[NIFTY.sample()] * 4, [BANKNIFTY.sample()]], 2)

    with taking() as server:
        play(server.url, story)
        assert server.lines == 2
        assert len(server.came) == 5


@pytest.mark.parametrize("says_so", [False, True], ids=["in silence", "as it says"])
def test_a_connection_that_the_server_has_ended_is_replaced_and_nothing_comes_twice(play, says_so):
    async def story(feed, option):
        for number in range(1, 6):
            await feed.publish(option())
            await asyncio.to_thread(until, lambda n=number: server.ended == n)

    answer = (204, {"Connection": "close"} if says_so else {}, b"")
    with taking(answer, hangs_up=True) as server:
        play(server.url, story)
        assert [json.loads(body)["seq"] for _, _, body in server.came] == [1, 2, 3, 4, 5]
        assert server.lines == 5


@pytest.fixture
def many_files():
    """Hold so many files that the next descriptor is above 1023, as beside a thousand clients."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 1100 + 200
    if before[1] != resource.RLIM_INFINITY and before[1] < wanted:
        pytest.skip(f"a process may hold {before[1]} files here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(before[0], wanted), before[1]))
    held = [os.open(os.devnull, os.O_RDONLY) for _ in range(1100)]
    yield
    for each in held:
        os.close(each)
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_connection_may_have_any_descriptor(play, many_files):
    async def story(feed, option):
        for _ in range(3):
            await feed.publish(option())

    with taking() as server:
        play(server.url, story)
        assert (len(server.came), server.lines) == (3, 1)


def test_a_connection_that_was_idle_for_long_is_not_trusted(play, monkeypatch):
    monkeypatch.setattr("qaws.feed.outlets.http_posts.IDLE_S", 0.01)

    async def story(feed, option):
        for _ in range(3):
            await feed.publish(option())
            await asyncio.sleep(0.05)

    with taking() as server:
        play(server.url, story)
        assert server.lines == 3
        assert len(server.came) == 3


def test_a_tick_whose_answer_was_cut_off_is_sent_once_and_in_doubt(play):
    async def story(feed, option):
        await feed.publish(option())
        with pytest.raises(Broken) as caught:
            await feed.publish(option())
        await feed.publish(option())
        return str(caught.value), feed.ledger.ticks

    with taking((204, {}, b""), None, (204, {}, b"")) as server:
        said, ticks = play(f"{server.url}/in", story)
        assert [json.loads(body)["seq"] for _, _, body in server.came] == [1, 2, 3]
        where = f"POST {server.url}/in"
    assert f"{where} cut the connection before its answer was there (RemoteDisconnected" in said
    assert "whether the tick was taken nobody knows" in said
    assert [tick.in_doubt for tick in ticks] == [False, True, False]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((404, {}, b""), "answers 404 Not Found; look at [feed] url, method"),
        ((405, {}, b""), "answers 405 Method Not Allowed; look at [feed] url, method"),
        ((401, {}, b"no\nkey"), 'answers 401 Unauthorized: "no key"; look at [feed] headers, sec'),
        ((415, {}, b""), "answers 415 Unsupported Media Type; look at [feed] content_type"),
        (
            (307, {"Location": "/v2"}, b""),
            "answers 307 Temporary Redirect, a redirect to /v2, which ",
        ),
        ((500, {}, b"x" * 300), f'answers 500 Internal Server Error: "{"x" * 120}…"'),
        ((429, {}, b"too fast"), 'answers 429 Too Many Requests: "too fast"'),
        ((401, {}, SECRET.encode()), 'answers 401 Unauthorized: "***"'),
    ],
)
def test_an_answer_that_is_no_2xx_is_said_in_one_line(play, answer, said):
    async def story(feed, option):
        with pytest.raises(Broken) as caught:
            await feed.publish(option())
        with pytest.raises(Broken):
            await feed.publish_together([option] * 2)
        return str(caught.value)

    with taking(answer) as server:
        whole = play(f"{server.url}/in?key={{key}}", story, secrets={"key": "FEED_KEY"})
        assert len(server.came) == 2, "no redirect is followed, nothing is tried again"
    assert f"POST {server.url}/in?key=*** {said}" in whole
    assert "\n" not in whole
    assert SECRET not in whole


def test_no_answer_in_time_is_said(play, monkeypatch):
    monkeypatch.setattr("qaws.feed.outlets.http_posts.ANSWER_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as deaf:

        async def story(feed, option):
            with pytest.raises(Broken, match=r"POST http://\S+ gave no answer within 0\.2 s"):
                await feed.publish(option())

        play(f"http://127.0.0.1:{deaf.getsockname()[1]}/", story)


def test_where_nobody_listens_it_is_said(play):
    async def story(feed, option):
        with pytest.raises(Broken, match=r"cannot connect: Connection refused"):
            await feed.publish(option())

    play(f"http://127.0.0.1:{free_port()}/", story)


def test_what_is_no_tick_may_be_refused_but_not_who_brings_it(play):
    async def story(feed, option):
        for _ in range(2):
            await feed.publish_raw("option_tick", b"\xff")
        with pytest.raises(Broken, match="answers 401"):
            await feed.publish_raw("option_tick", b"\xff")

    with taking((422, {}, b"no tick"), (500, {}, b""), (401, {}, b"")) as server:
        play(server.url, story)
        assert [body for _, _, body in server.came] == [b"\xff"] * 3


def a_service(url, *, told=False, ended=False, process="there"):
    port = int(url.rpartition(":")[2])
    target = SimpleNamespace(endpoint=SimpleNamespace(authority=""))
    return SimpleNamespace(
        url=f"ws://127.0.0.1:{port}/ws",
        port=port,
        told_to_end=told,
        process=process,
        fed_from={},
        target=target,
        has_ended=lambda: ended,
    )


def test_each_service_of_the_scenario_takes_every_tick(play):
    async def story(feed, option):
        return await feed.publish(option())

    with taking() as one, taking() as two:
        gone = a_service(f"http://127.0.0.1:{free_port()}", told=True, ended=True)
        both = [gone, a_service(one.url), a_service(two.url)]
        tick = play("/in", story, both)
        assert [len(one.came), len(two.came), tick.heard_by] == [1, 1, 2]
        tick = play("http://127.0.0.1:{port}/x", story, both)
        assert [one.came[-1][0], two.came[-1][0], tick.heard_by] == ["/x", "/x", 2]
        tick = play("/in", story, [])
        assert tick.heard_by == 0


def test_a_service_that_was_told_to_end_may_take_no_tick_and_is_asked_once_then(play):
    async def story(feed, option):
        ticks = [await feed.publish(option()) for _ in range(3)]
        return [*ticks, *await feed.publish_across([option] * 3, 1, lambda: None)]

    with taking() as living, taking((503, {}, b"")) as ending:
        services = [a_service(ending.url, told=True), a_service(living.url)]
        ticks = play("/in", story, services)
        assert (len(ending.came), len(living.came)) == (1, 6)
    assert {tick.heard_by for tick in ticks} == {None}
    assert not any(tick.in_doubt for tick in ticks)


def test_a_service_that_has_died_is_for_the_scenario_to_judge_and_a_deaf_one_breaks_it(play):
    died, here = free_port(), []

    async def story(feed, option):
        return await feed.publish(option())

    service = a_service(f"http://127.0.0.1:{died}")
    service.has_ended = lambda: bool(here) or here.append(1) or False  # seen a little later
    assert play("/in", story, [service]).heard_by is None
    with pytest.raises(Broken, match="Connection refused"):
        play("/in", story, [a_service(f"http://127.0.0.1:{died}")])
    with pytest.raises(Broken, match="Connection refused"):
        play("/in", story, [a_service(f"http://127.0.0.1:{died}", process=None)])


def test_what_http_cannot_do_is_not_verified_with_its_reason(play):
    async def story(feed, option):
        with pytest.raises(NotVerified, match="cuts nobody off at the suite's word"):
            await feed.subscribers()
        with pytest.raises(NotVerified, match="cuts nobody off at the suite's word"):
            await feed.publish_together([option], ["CLIENT", "KILL"])
        with pytest.raises(NotVerified, match="has no buffer for a listener"):
            await feed.configure("client-output-buffer-limit", "pubsub 1 0 0")
        with pytest.raises(NotVerified, match="there is no broker that could be stopped"):
            feed.broker.take_down()
        assert await feed.listened_to() is None

    with taking() as server:
        play(server.url, story)


def test_a_header_that_cannot_be_sent_is_said(play):
    async def story(feed, option):
        with pytest.raises(Broken, match=r"look at \[feed\] url, headers") as caught:
            await feed.publish(option())
        assert "\n" not in str(caught.value)

    with taking() as server:
        play(server.url, story, headers={"X-Key": "a\r\nb"})
        assert server.came == []


def test_one_address_that_nobody_has_is_said_before_any_scenario():
    url = f"http://127.0.0.1:{free_port()}/ticks"
    broker = Broker(url, server=HttpTaker(Section(url=url), {}))
    with pytest.raises(
        Broken, match=r"nobody answers there .*; start it, or correct \[feed\] url$"
    ):
        broker.await_answer(0.1)
