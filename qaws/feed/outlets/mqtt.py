"""A feed over MQTT, at least once (QoS 1): the broker acknowledges each message.

The client does not connect again by itself: it may repeat what was not acknowledged, and a tick
that comes twice would look like the service's doing. It has a thread of its own, and so what waits
for an acknowledgement waits in a thread too.
"""

from __future__ import annotations

import asyncio
import secrets
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import unquote, urlsplit

try:
    import paho.mqtt.client as mqtt
    from paho.mqtt.enums import CallbackAPIVersion
except ImportError:
    from qaws.verdict import Broken

    raise Broken(
        "[feed] is MQTT, which needs paho-mqtt: make feeds, or pip install paho-mqtt"
    ) from None

from qaws.feed.outlets.outlet import (
    ANSWER_S,
    Breath,
    Listened,
    Listener,
    Message,
    OneLine,
    Take,
)
from qaws.runtime.trust import client_context
from qaws.sut.broker import Broker
from qaws.sut.brokers.mqtt_server import PORT, MqttServer, listening
from qaws.verdict import NotVerified

ERRORS = (OSError, TimeoutError)
OWN = "qaws-"
"""How the names of the suite's clients begin."""
KEEP_ALIVE_S = 30
AT_LEAST_ONCE = 1
LOOK_S = 0.05
"""How often somebody who waits looks whether the line is still there."""


class _Line:
    """A connection; its methods block, and are for any thread."""

    def __init__(self, broker: Broker, heard: Callable[[str, bytes], None] | None = None) -> None:
        """Connect, once.

        Args:
            broker: where, and whom to trust over TLS.
            heard: takes topic and payload of what comes, on the client's own thread.

        Raises:
            OSError: the broker is not there, or refuses.
        """
        parts = urlsplit(broker.url)
        self.client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"{OWN}{secrets.token_hex(6)}",
            reconnect_on_failure=False,
        )
        self.client.connect_timeout = ANSWER_S
        self.client.max_inflight_messages_set(0)
        if parts.username:
            self.client.username_pw_set(unquote(parts.username), unquote(parts.password or ""))
        if parts.scheme == "mqtts":
            self.client.tls_set_context(client_context(broker.server.trusts))
        self._answered, self._said = threading.Event(), ""
        self._subscribed, self._denied = threading.Event(), ""
        self.client.on_connect = self._connected
        self.client.on_subscribe = self._acknowledged
        if heard:
            self.client.on_message = lambda _c, _u, message: heard(message.topic, message.payload)
        default = 8883 if parts.scheme == "mqtts" else PORT
        self.client.connect(parts.hostname or "127.0.0.1", parts.port or default, KEEP_ALIVE_S)
        self.client.loop_start()
        if not self._answered.wait(ANSWER_S) or self._said:
            self.close()
            raise OSError(self._said or f"the broker did not answer within {ANSWER_S:g} s")

    def _connected(self, _c: Any, _u: Any, _f: Any, reason: Any, _p: Any) -> None:
        self._said = str(reason) if reason.is_failure else ""
        self._answered.set()

    def _acknowledged(self, _c: Any, _u: Any, _m: int, reasons: Sequence[Any], _p: Any) -> None:
        self._denied = next((str(each) for each in reasons if each.is_failure), "")
        self._subscribed.set()

    def subscribe(self, topics: Sequence[str]) -> None:
        """Return when the broker has acknowledged a subscription.

        Raises:
            OSError: it refuses one of the topics, or says nothing in time.
        """
        self._subscribed.clear()
        self.client.subscribe([(topic, AT_LEAST_ONCE) for topic in topics])
        if not self._subscribed.wait(ANSWER_S):
            raise TimeoutError("the broker did not acknowledge a subscription")
        if self._denied:
            raise OSError(f"the broker refuses a subscription: {self._denied}")

    def publish(self, messages: Sequence[Message]) -> None:
        """Hand over messages in order; return when the broker has acknowledged all.

        Raises:
            OSError: it hangs up, or does not acknowledge in time.
        """
        sent = [self.client.publish(topic, data, AT_LEAST_ONCE) for topic, data in messages]
        over_s = time.monotonic() + ANSWER_S
        for each in sent:
            while each.rc or not each.is_published():  # which raises what is no OSError, by `rc`
                if each.rc or not self.client.is_connected():
                    raise OSError("the broker has hung up")
                if time.monotonic() > over_s:
                    raise TimeoutError(f"the broker acknowledged nothing for {ANSWER_S:g} s")
                each.wait_for_publish(LOOK_S)

    def close(self) -> None:
        """Leave the broker."""
        self.client.disconnect()
        self.client.loop_stop()


class Mqtt(OneLine):
    """MQTT. An embedded broker tells in its log who has subscribed to what."""

    kind = "MQTT"
    errors = ERRORS
    is_late = True

    async def open(self) -> _Line:
        """Connect."""
        return await asyncio.to_thread(_Line, self._broker)

    def is_open(self, line: _Line) -> bool:
        """Return whether the broker is there."""
        return bool(line.client.is_connected())

    async def hand_over(self, line: _Line, messages: Sequence[Message]) -> None:
        """Return when the broker has acknowledged all."""
        await asyncio.to_thread(line.publish, messages)

    async def shut(self, line: _Line) -> None:
        """Leave the broker."""
        await asyncio.to_thread(line.close)

    @contextmanager
    def breath(self) -> Iterator[Breath]:
        """Give a connection that blocks."""
        line = _Line(self._broker)
        try:
            yield _NoBreak(line)
        finally:
            line.close()

    def listener(self, name: str) -> Listener | None:
        """Return what hears others who publish."""
        return _Subscriber(self._broker, name)

    async def listened_to(self) -> Listened | None:
        """Return the topics that somebody has subscribed to, where the broker is embedded.

        Its count is of all who ever have: it grows with each that is new.
        """
        log = self._broker.log
        if log is None or not isinstance(self._broker.server, MqttServer):
            return None
        text = await asyncio.to_thread(log.read_text, "utf-8", "replace")
        topics, count = listening(text, OWN)
        patterns = {each for each in topics if not {"+", "#"}.isdisjoint(each.split("/"))}
        plain = tuple(sorted(topics - patterns))
        return Listened(plain, tuple(sorted(patterns)), count, mqtt.topic_matches_sub)


class _NoBreak(Breath):
    """Messages behind each other."""

    def __init__(self, line: _Line) -> None:
        self._line = line

    def publish(self, messages: Sequence[Message], command: Sequence[str] = ()) -> list[int | None]:
        """Hand over messages behind each other; return when the broker has acknowledged them."""
        if command:
            raise NotVerified("MQTT cuts nobody off at the suite's word")
        self._line.publish(messages)
        return [None] * len(messages)


class _Subscriber(Listener):
    """Subscribed to channels, and to a topic of its own, whose message comes behind theirs."""

    def __init__(self, broker: Broker, name: str) -> None:
        self._broker, self._name = broker, name
        self._line: _Line | None = None
        self._came_back = asyncio.Event()

    @property
    def is_on(self) -> bool:  # type: ignore[override]
        """Return whether it hears what is published."""
        return self._line is not None and self._line.client.is_connected()

    async def begin(self, channels: Collection[str], take: Take) -> None:
        """Listen from now on."""
        loop = asyncio.get_running_loop()

        def heard(topic: str, payload: bytes) -> None:
            if topic == self._name:
                loop.call_soon_threadsafe(self._came_back.set)
            else:
                loop.call_soon_threadsafe(take, topic, payload)

        self.problem = ""
        try:
            line = await asyncio.to_thread(_Line, self._broker, heard)
            try:
                await asyncio.to_thread(line.subscribe, [*channels, self._name])
            except BaseException:
                await asyncio.to_thread(line.close)
                raise
            self._line = line
        except ERRORS as problem:
            self.problem = str(problem)

    async def settle(self, within_s: float) -> None:
        """Wait for a message of the suite's own, behind all that was published before."""
        assert self._line
        self._came_back.clear()
        with suppress(*ERRORS):
            async with asyncio.timeout(within_s):
                await asyncio.to_thread(self._line.publish, [(self._name, b"")])
                await self._came_back.wait()

    async def end(self) -> None:
        """Listen no longer."""
        line, self._line = self._line, None
        if line:
            await asyncio.to_thread(line.close)
