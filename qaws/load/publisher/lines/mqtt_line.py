"""Load over MQTT 3.1.1 with QoS 1: each message is acknowledged, and none waits for that.

What is laid out here is PUBLISH and PUBACK (OASIS MQTT 3.1.1, sections 3.3 and 3.4); the library
has a thread of its own that would stand between due times and the line.
"""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

from qaws.load.publisher.lines.line import TAKES_S, SocketLine
from qaws.load.schedule import FlowPlan
from qaws.runtime.mqtt_packets import CONNACK, REFUSALS, connect_packet, length_of
from qaws.runtime.trust import client_context
from qaws.verdict import Broken

PORTS = {"mqtt": 1883, "mqtts": 8883}
PUBLISH_ONCE_AT_LEAST, PUBACK = 0x32, 0x40
IDS = 65_535
"""A message has one of so many ids until it is acknowledged."""
MOST_UNANSWERED = 60_000
LOOK_S = 0.05


class MqttLine(SocketLine):
    """A connection without a keep-alive of its own: it says what it has to say."""

    def __init__(self, plan: FlowPlan) -> None:
        """Connect and sign in as the URL says."""
        try:
            connected = _connected(plan)
        except (OSError, ValueError) as problem:
            raise Broken(f"the broker does not let the publisher in: {problem}") from None
        super().__init__(connected)
        topic = plan.channel.encode()
        self._head = len(topic).to_bytes(2, "big") + topic
        self._id, self._begun = 0, b""

    def hand_over(self, payloads: Sequence[bytes]) -> int:
        """Send messages; where their ids are in use still, wait until they are free."""
        if self.unanswered + len(payloads) <= MOST_UNANSWERED:
            return super().hand_over(payloads)
        asked_ns = time.monotonic_ns()
        while self.unanswered + len(payloads) > MOST_UNANSWERED:
            select.select([self._socket], [], [], LOOK_S)
            self.hear()
            if time.monotonic_ns() - asked_ns > TAKES_S * 1e9:
                raise Broken(f"the broker left {self.unanswered} ticks without an answer")
        return time.monotonic_ns() - asked_ns + super().hand_over(payloads)

    def framed(self, payload: bytes) -> bytes:
        """Return the packet."""
        self.unanswered += 1
        self._id = self._id % IDS + 1
        body = self._head + self._id.to_bytes(2, "big") + payload
        return bytes([PUBLISH_ONCE_AT_LEAST]) + length_of(body) + body

    def heard(self, data: bytes) -> None:
        """Count acknowledgements: nothing else is said to who has not subscribed."""
        said = self._begun + data
        whole = len(said) - len(said) % 4
        kinds = said[0:whole:4]
        if kinds.strip(bytes([PUBACK])):
            raise Broken("the broker says something else than that it has taken a tick")
        self.unanswered -= len(kinds)
        self._begun = said[whole:]


def _connected(plan: FlowPlan) -> socket.socket:
    """Return a socket on which the broker has let the publisher in.

    Raises:
        OSError: it is not there, or refuses.
    """
    parts = urlsplit(plan.broker_url)
    host = parts.hostname or "127.0.0.1"
    where = host, parts.port or PORTS.get(parts.scheme, PORTS["mqtt"])
    line: socket.socket = socket.create_connection(where, TAKES_S)
    try:
        if parts.scheme == "mqtts":
            line = client_context(plan.way.trusts).wrap_socket(line, server_hostname=host)
        line.settimeout(TAKES_S)
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        line.sendall(connect_packet(user, password, keep_alive_s=0))
        answer = line.recv(4)
        if len(answer) < 4 or answer[0] != CONNACK or answer[3]:
            raise OSError(REFUSALS.get(answer[3], "it refuses") if len(answer) == 4 else "hung up")
    except BaseException:
        line.close()
        raise
    return line
