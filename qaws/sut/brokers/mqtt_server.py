"""An MQTT broker. The embedded one is the program mosquitto, of the system."""

from __future__ import annotations

import re
import shutil
import socket
import tempfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

from qaws.runtime.mqtt_packets import CONNACK, REFUSALS, connect_packet
from qaws.runtime.ports import listened_ports
from qaws.runtime.process import ManagedProcess
from qaws.sut.brokers.server import Problem, Server, Start, started_with
from qaws.verdict import Broken

PORT = 1883
KEEP_ALIVE_S = 10

CONFIGURATION = """
listener {port} 127.0.0.1
allow_anonymous true
persistence false
max_queued_messages 0
log_dest stderr
log_type error
log_type warning
log_type notice
log_type subscribe
log_type unsubscribe
"""
SUBSCRIBED = re.compile(r"\d+: (?P<client>.+?) [012] (?P<topic>.+)")
UNSUBSCRIBED = re.compile(r"\d+: (?P<client>\S+) (?P<topic>\S+)")
LEFT = re.compile(r"\d+: .*?[Cc]lient (?P<client>.+?)(?: disconnected| closed| has exceeded|,).*")
"""What mosquitto logs of its clients (2.0)."""


class Refused(Exception):
    """The broker refuses who connects with the credentials of its address."""


class MqttServer(Server):
    """An MQTT broker."""

    final = (Refused, ValueError)

    def problem(self, url: str, process: ManagedProcess | None, within_s: float) -> Problem:
        """Connect as a client would; the embedded one must have the port itself."""
        try:
            parts = urlsplit(url)
            where = (parts.hostname or "127.0.0.1", parts.port or PORT)
            with socket.create_connection(where, within_s) as line:
                if parts.scheme == "mqtts":
                    return None  # that somebody listens; the certificate is for the client
                line.settimeout(within_s)
                user, password = unquote(parts.username or ""), unquote(parts.password or "")
                line.sendall(connect_packet(user, password, KEEP_ALIVE_S))
                answer = line.recv(4)
        except (OSError, ValueError) as problem:
            return problem
        if len(answer) < 4 or answer[0] != CONNACK:
            return "it hangs up" if not answer else "what answers there is no MQTT broker"
        if answer[3] in REFUSALS:
            return Refused(REFUSALS[answer[3]])
        if process and where[1] not in listened_ports(process.pid):
            return "another broker has its port"
        return None

    def address(self, port: int) -> str:
        """Return the address of an embedded one."""
        return f"mqtt://127.0.0.1:{port}"

    def embedded(self, port: int, folder: Path) -> Start:
        """Return what starts one on a port."""
        program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
        if program is None:
            raise Broken(
                '[feed] kind = "mqtt", broker = "embedded": needs the program mosquitto: '
                "apt-get install mosquitto, or brew install mosquitto"
            )
        settings = Path(tempfile.mkdtemp(prefix="broker-", dir=folder)) / "mosquitto.conf"
        settings.write_text(CONFIGURATION.format(port=port), "utf-8")
        return started_with("the embedded broker", [program, "-c", str(settings)], folder)


def listening(log: str, own: str) -> tuple[set[str], int]:
    """Return the topics to which clients are subscribed now, and how often anybody ever was.

    Args:
        log: what an embedded broker has written.
        own: how the names of the suite's own clients begin.
    """
    held: dict[str, set[str]] = {}
    count = 0
    for line in log.splitlines():
        if said := LEFT.fullmatch(line):
            held.pop(said["client"], None)
        elif (said := SUBSCRIBED.fullmatch(line)) and not said["client"].startswith(own):
            held.setdefault(said["client"], set()).add(said["topic"])
            count += 1
        elif (said := UNSUBSCRIBED.fullmatch(line)) and said["client"] in held:
            held[said["client"]].discard(said["topic"])
    return set().union(*held.values()), count
