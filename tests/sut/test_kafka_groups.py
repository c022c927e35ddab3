"""Who consumes, by the answers of a Kafka broker as the protocol has them."""

import struct
import threading
from contextlib import suppress

import pytest

from qaws.sut.brokers.kafka_groups import NUMBER, held_topics
from tests.services.scripted import silent_port
from tests.waiting import HANG_S


def text(said):
    return struct.pack(">h", len(said)) + said.encode()


def several(parts):
    return struct.pack(">i", len(parts)) + b"".join(parts)


def binary(data):
    return struct.pack(">i", len(data)) + data


def member(topics):
    held = [text(name) + several([struct.pack(">i", p) for p in ps]) for name, ps in topics.items()]
    assignment = struct.pack(">h", 0) + several(held) + struct.pack(">i", -1) if topics else b""
    return text("m-1") + text("svc") + text("/127.0.0.1") + binary(b"\0\1") + binary(assignment)


def group(members, kind="consumer", code=0):
    words = [text(each) for each in ("g", "Stable", kind, "range")]
    return struct.pack(">h", code) + b"".join(words) + several(members)


@pytest.fixture
def told():
    """Ask a broker that answers so; return what `held_topics` makes of it."""

    def asking(*answers):
        with silent_port() as waiting:

            def answer():
                with suppress(OSError):
                    line, _ = waiting.accept()
                    with line:
                        for each in answers:
                            line.recv(4096)
                            body = struct.pack(">i", NUMBER) + each
                            line.sendall(struct.pack(">i", len(body)) + body)

            threading.Thread(target=answer, daemon=True).start()
            return held_topics(f"kafka://127.0.0.1:{waiting.getsockname()[1]}", HANG_S)

    return asking


LISTED = struct.pack(">h", 0) + several([text("g") + text("consumer"), text("h") + text("connect")])


def test_each_partition_that_a_member_holds_is_told_by_its_topic(told):
    first = group([member({"md.options": [0, 1], "md.bars": [2]}), member({})])
    other = group([member({"no.topic": [1]})], kind="connect")
    assert told(LISTED, several([first, other])) == ["md.options", "md.options", "md.bars"]


def test_where_there_is_no_group_nobody_is_asked_further(told):
    assert told(struct.pack(">h", 0) + several([])) == []


@pytest.mark.parametrize(
    "answers",
    [(struct.pack(">h", 30),), (LISTED, several([group([], code=30)]))],
    ids=["no list", "no group"],
)
def test_what_the_suite_may_not_know_is_no_answer(told, answers):
    with pytest.raises(ValueError, match="does not tell who consumes: error 30"):
        told(*answers)


def test_a_broker_that_hangs_up_has_told_nothing(told):
    with pytest.raises((ValueError, OSError)):
        told()
