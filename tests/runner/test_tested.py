"""Which version of the service was tested, by whom that is told, and what the sheet may show."""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from qaws.runner.tested import HIDDEN, LONGEST, resolved, what_is_tested
from qaws.sut.sections import Version
from qaws.sut.service import Service
from qaws.sut.target_file import read_target
from tests.runner.test_coverage import TARGET

ANSWERS = {
    "/version": (200, "1.2.3\nand more"),
    "/health": (200, json.dumps({"build": {"commit": "abc123", "number": 7}})),
    "/odd": (200, "\x1b[31m" + "x" * 500),
    "/empty": (200, ""),
    "/ws/ticks": (426, "Upgrade Required"),
}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        status, body = ANSWERS.get(self.path, (404, ""))
        self.send_response(status)
        self.send_header("X-Build", "build-9")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format, *args):
        """Be silent."""


@pytest.fixture(scope="module")
def port():
    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.fixture
def told(port):
    """Ask a service; return what is known of it then."""

    def asking(**section: Any):
        version = Version(**section) if section else None
        target = read_target(TARGET, {}, {}).model_copy(update={"version": version})
        return what_is_tested(Service(target, {}, port, None))

    return asking


@pytest.mark.parametrize(
    ("section", "version"),
    [
        ({"path": "/version"}, "1.2.3"),
        ({"path": "/health", "field": "build.commit"}, "abc123"),
        ({"path": "/health", "field": "build.number"}, "7"),
        ({"path": "/health", "header": "x-build"}, "build-9"),
        ({"header": "X-Build"}, "build-9"),
        ({"command": ["{python}", "-c", "print('\\nv7')"]}, "v7"),
        ({"command": ["{python}", "-c", "print('port {port}'[:5])"]}, "port"),
    ],
)
def test_it_is_told_by_a_command_a_path_or_a_header(told, port, section, version):
    assert told(**section) == {"address": f"127.0.0.1:{port}", "version": version}


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        ({"path": "/nowhere"}, "HTTP 404"),
        ({"path": "/health", "field": "version"}, "KeyError: 'version'"),
        ({"path": "/version", "field": "version"}, "JSONDecodeError"),
        ({"path": "/empty"}, "it said nothing"),
        ({"header": "X-Commit"}, "it said nothing"),
        ({"command": ["/no/such/program"]}, "FileNotFoundError"),
        ({"command": [sys.executable, "-c", "raise SystemExit(3)"]}, "exit status 3"),
    ],
)
def test_where_it_cannot_be_told_the_reason_is(told, section, problem):
    found = told(**section)
    assert "version" not in found
    assert problem in found["version_problem"]


def test_a_target_that_names_no_way_is_asked_nothing(told, port):
    assert told() == {"address": f"127.0.0.1:{port}"}


def test_whatever_is_said_becomes_one_line_that_can_be_read(told):
    version = told(path="/odd")["version"]
    assert version.startswith("\\x1b[31mxxx")
    assert len(version) == LONGEST


def test_the_target_is_shown_without_what_is_secret():
    changes = {
        "feed.broker": "redis://user:s3cret@broker.example/0",
        "launch.command": '["serve", "--password=s3cret"]',
    }
    shown = resolved(read_target(TARGET, changes, {}))
    assert "s3cret" not in json.dumps(shown)
    assert "for-operations-only" not in json.dumps(shown)
    assert shown["feed"]["broker"] == f"redis://{HIDDEN}@broker.example/0"
    assert shown["launch"]["environment"]["TICKER_ISSUER"] == "qaws"
    assert shown["launch"]["environment"]["TICKER_STATS_TOKEN"] == HIDDEN
    assert shown["auth"]["token_locations"] == ["query parameter", "Authorization header"]


def test_what_is_sent_before_a_connection_is_on_no_sheet(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(
        'name = "mine"\ndialect = "qa-ws"\n[endpoint]\nurl = "ws://127.0.0.1:1/"\n'
        '[auth]\ntoken_variable = "T"\n[before_connect]\nurl = "/ticket"\n'
        'headers = { X-Key = "hunter2-a" }\nbody = { a = { b = "hunter2-b" }, t = "{token}" }\n'
        'connect_headers = { X-Key = "hunter2-c" }\n'
    )
    (shown,) = resolved(read_target(file, {}, {}))["before_connect"]
    assert "hunter2" not in json.dumps(shown)
    assert shown["url"] == "/ticket"
    assert shown["headers"] == {"X-Key": HIDDEN}
