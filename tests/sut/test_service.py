"""Services: started, watched, measured and ended, as processes of their own."""

import contextlib
import datetime
import os
import re
import signal
import socket
import textwrap
import time
from pathlib import Path

import psutil
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from qaws.runtime.ports import free_port
from qaws.sut.resources import ResourceSnapshot
from qaws.sut.service import MIB, Service, http_url, open_url
from qaws.sut.services import Services
from qaws.sut.target import Target
from qaws.verdict import Broken, Inconclusive, NotVerified
from tests.services.scripted import silent_port
from tests.waiting import HANG_S

ROOT = Path(__file__).resolve().parents[2]
HEALTHY = """
    import http.server, os, signal, sys
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            code = int(os.environ.get("HEALTH", 200)) if self.path == "/health" else 200
            self.send_response(code); self.end_headers()
            self.wfile.write(os.environ.get("STATS", "{}").encode())
        def log_message(self, *_): pass
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", 0))), Handler)
    print("on port", server.server_port, flush=True)
    server.serve_forever()
"""
READY_LINE = r"on port (?P<port>\d+)"


@pytest.fixture
def services(tmp_path):
    """Make services from Python programs; whatever was started ends with the test."""
    made = []

    def make(
        program=HEALTHY, url="ws://127.0.0.1:{port}/ws", statistics=None, settings=None, **more
    ):
        launch = {
            "command": [
                "{python}",
                "-u",
                "-c",
                textwrap.dedent(program or "").replace("{", "{{").replace("}", "}}"),
            ],
            "ready_log": READY_LINE,
            "ready_within_s": HANG_S,
            "stop_within_s": HANG_S,
            **more,
        }
        target = Target.model_validate(
            {
                "name": "mine",
                "dialect": "qa-ws",
                "endpoint": {"url": url},
                "auth": {"generate_key": True},
                "launch": launch if program else None,
                "settings": settings or {},
                "statistics": statistics,
                "file": "mine.toml",
            }
        )
        made.append(Services(target, tmp_path, {"folder": str(tmp_path)}))
        return made[-1]

    yield make
    for each in made:
        each.stop()


def refused(services, settings=None, within_s=HANG_S):
    """Return the one line that a start is refused with, and see that nothing is left running."""
    before = set(psutil.Process().children(recursive=True))
    start = time.monotonic()
    with pytest.raises(Broken) as caught:
        services.get(settings)
    assert time.monotonic() - start < within_s
    left = [p for p in psutil.Process().children(recursive=True) if p not in before]
    assert left == []
    said = str(caught.value)
    assert "\n" not in said
    return said


# --- starting ------------------------------------------------------------------------------------


def test_the_port_comes_from_the_ready_line(services):
    service = services().get()
    assert service.url == f"ws://127.0.0.1:{service.port}/ws"
    with socket.create_connection(("127.0.0.1", service.port), HANG_S):
        service.require_alive()


def test_the_port_comes_from_the_suite_where_the_launch_section_asks_for_it(services):
    offered = services(environment={"PORT": "{port}"}, ready_log=None, ready_path="/health")
    service = offered.get()
    with socket.create_connection(("127.0.0.1", service.port), HANG_S):
        assert str(service.port) in service.url


def test_ready_line_and_ready_path_can_be_asked_for_together(services):
    assert services(ready_path="/health").get().port


def test_a_path_is_asked_on_this_machine_whatever_proxy_the_environment_names(
    services, monkeypatch
):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    service = services(
        ready_path="/health",
        statistics={"path": "/s"},
        environment={"STATS": '{{"active_connections": 1, "total_subscriptions": 2}}'},
    ).get()
    assert service.snapshot().sessions == 1


def certificate(folder):
    """Write a key and a certificate of which no authority knows; return the file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    file = folder / "own.pem"
    file.write_bytes(key.private_bytes(pem, *plain) + made.public_bytes(pem))
    return file


def test_a_certificate_that_nobody_trusts_is_said_at_once(services, tmp_path):
    context = "context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)"
    wrapped = "context.wrap_socket(server.socket, server_side=True)"
    tls = f"""
    import ssl
    {context}
    context.load_cert_chain({str(certificate(tmp_path))!r})
    server.socket = {wrapped}
    print"""
    offered = services(
        HEALTHY.replace("    print", tls[1:], 1),
        url="wss://127.0.0.1:{port}/ws",
        ready_path="/health",
    )
    said = refused(offered)
    assert said.endswith(
        "/health: the certificate is self-signed (self-signed certificate); "
        "name it in [endpoint] ca_file"
    )


def test_an_address_with_tls_of_a_service_without_is_said_at_once(services):
    said = refused(services(url="wss://127.0.0.1:{port}/ws", ready_path="/health"))
    assert said.endswith("look at [endpoint] url, is it ws:// or wss://?")


def test_a_service_that_dies_at_its_start_is_said_with_its_last_line(services):
    said = refused(services("raise SystemExit('no such feed: redis://x')"))
    assert said == (
        'the service "mine" ended before it was ready (exit code 1): no such feed: redis://x'
    )


def test_a_service_that_dies_after_its_ready_line_is_said(services):
    said = refused(services("print('on port 1'); raise SystemExit(3)", ready_path="/health"))
    assert "(exit code 3): on port 1" in said


def test_a_service_that_is_killed_at_its_start_is_said(services):
    said = refused(services("import os; os.kill(os.getpid(), 9)"))
    assert "(exit code -9): it wrote nothing" in said


@pytest.mark.parametrize(
    "start",
    ["import time; time.sleep(600)", "print('hello'); input = 0; import time; time.sleep(600)"],
)
def test_a_service_that_never_says_its_ready_line_is_given_up_in_time(services, start):
    last = "hello" if "hello" in start else "it wrote nothing"
    said = given_up(lambda within_s: services(start, ready_within_s=within_s), f"{last}$")
    assert re.search(r'"mine" was not ready within [\d.]+ s, waiting for its ready line', said)


def test_a_service_that_listens_elsewhere_than_it_was_told_is_said(services):
    launch = {"environment": {"OTHER": "{port}"}, "ready_log": None, "ready_path": "/health"}
    said = given_up(
        lambda within_s: services(**launch, ready_within_s=within_s),
        r"; it listens on \d+, and \{port\} was \d+; its last line: on port \d+$",
    )
    listens, told, last = re.search(r"on (\d+), and .* was (\d+); .* port (\d+)$", said).groups()
    assert listens == last != told


def given_up(offered, sentence):
    """Return what is said of a start that is given up, with more time until it says that."""
    for within_s in (0.5, 5, HANG_S):  # more where the machine is so busy that it has not begun yet
        said = refused(offered(within_s), within_s=2 * HANG_S)
        if re.search(sentence, said):
            break
    assert re.search(sentence, said), said
    assert f"within {within_s:g} s" in said
    return said


@pytest.mark.parametrize("health", ["503", "404", "301"])
def test_a_path_that_does_not_answer_200_is_not_ready(services, health):
    def never(within_s):
        environment = {"HEALTH": health}
        return services(ready_path="/health", environment=environment, ready_within_s=within_s)

    given_up(never, "/health to answer 200")


def test_a_path_that_is_answered_by_nonsense_is_not_ready(services):
    nonsense = """
        import socket, time
        server = socket.create_server(("127.0.0.1", 0))
        print("on port", server.getsockname()[1], flush=True)
        while True:
            connection, _ = server.accept()
            connection.recv(1000); connection.sendall(b"SSH-2.0-x\\r\\n\\r\\n"); connection.close()
    """
    given_up(
        lambda within_s: services(nonsense, ready_path="/health", ready_within_s=within_s),
        "/health to answer 200",
    )


def test_a_port_that_is_in_use_is_said_before_anything_starts(services):
    with silent_port() as server:
        port = server.getsockname()[1]
        fixed = services(url=f"ws://127.0.0.1:{port}/ws", environment={"PORT": str(port)})
        said = refused(fixed)
    assert f"port {port} is in use by another program" in said
    assert said.startswith("mine.toml: ")


def test_a_fixed_port_that_is_free_is_used(services):
    port = free_port()
    fixed = services(url=f"ws://127.0.0.1:{port}/ws", environment={"PORT": str(port)})
    assert fixed.get().url == f"ws://127.0.0.1:{port}/ws"


def test_a_program_that_is_not_there_is_said(services):
    assert "cannot be started" in refused(services(command=["no-such-program"]))


def test_patience_stretches_the_start_and_nothing_else(tmp_path, services):
    slow = services("import time; time.sleep(600)", ready_within_s=0.2)
    patient = Services(slow._target, tmp_path, {}, timeout_factor=3)
    assert "within 0.6 s" in refused(patient)


# --- settings ------------------------------------------------------------------------------------

SETTINGS = {"idle timeout": {"variable": "IDLE_MS", "factor": 1000}, "limit": "LIMIT"}


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ([], ["--first", "--idle=2000", "--log", "debug"]),
        (["{arguments}", "--last"], ["--first", "--idle=2000", "--log", "debug", "--last"]),
        (["run {arguments} &"], ["--first", "run --idle=2000 --log debug &"]),
    ],
)
def test_settings_reach_a_command_as_its_arguments(services, place, said):
    offered = services(
        settings={
            "idle timeout": {"argument": "--idle={value}", "factor": 1000},
            "log level": {"argument": ["--log", "{value}"], "values": {"DEBUG": "debug"}},
        },
    )
    launch = offered._target.launch
    command = [*launch.command, "--first", *place]
    update = {"launch": launch.model_copy(update={"command": command})}
    offered._target = offered._target.model_copy(update=update)
    service = offered.get({"idle timeout": "2", "log level": "DEBUG"})
    assert psutil.Process(service.process.pid).cmdline()[4:] == said
    plain = psutil.Process(offered.get().process.pid).cmdline()[4:]
    assert "--idle=2000" not in " ".join(plain)


def test_services_are_reused_per_settings_and_told_apart(services):
    offered = services(settings=SETTINGS)
    plain, again = offered.get(), offered.get({})
    idle = offered.get({"idle timeout": "2"})
    assert plain is again
    assert idle is not plain
    assert offered.get({"idle timeout": "2"}) is idle
    assert offered.get({"idle timeout": "3"}) is not idle
    both = offered.get({"limit": "1", "idle timeout": "2"})
    assert offered.get({"idle timeout": "2", "limit": "1"}) is both


def test_a_setting_reaches_the_service_as_its_variable(services):
    service = services(settings=SETTINGS).get({"idle timeout": "2.5"})
    assert psutil.Process(service.process.pid).environ()["IDLE_MS"] == "2500"


def test_an_unknown_setting_starts_nothing(services):
    before = psutil.Process().children(recursive=True)
    with pytest.raises(NotVerified, match=r'\[settings\] has no "origin"'):
        services(settings=SETTINGS).get({"origin": "x"})
    assert psutil.Process().children(recursive=True) == before


def test_a_retired_service_ends_and_the_next_is_a_fresh_one(services, until):
    offered = services()
    first = offered.get()
    offered.retire(first)
    assert first.process.exit_code() is not None
    first.require_alive()  # it was ended, it has not died
    second = offered.get()
    assert second is not first
    assert second.process.log != first.process.log
    second.require_alive()


def test_a_service_that_died_is_said_once_and_then_replaced(services, until):
    offered = services()
    first = offered.get()
    os.kill(first.process.pid, signal.SIGKILL)
    until(lambda: first.process.exit_code() is not None)
    with pytest.raises(Broken) as caught:
        offered.get()
    assert 'the service "mine" ended in mid-run with exit code -9' in str(caught.value)
    assert offered.get() is not first


def test_of_services_only_those_still_in_use_must_be_alive(services, until):
    offered = services()
    retired = offered.get()
    offered.retire(retired)
    offered.require_alive([retired])
    dead = offered.get()
    os.kill(dead.process.pid, signal.SIGKILL)
    until(lambda: dead.process.exit_code() is not None)
    with pytest.raises(Broken, match="exit code -9"):
        offered.require_alive([dead])
    offered.require_alive()


def test_several_deaths_are_said_as_one_and_all_replaced(services, until):
    offered = services()
    dead = [offered.get(node=number) for number in (1, 2)]
    for service in dead:
        os.kill(service.process.pid, signal.SIGKILL)
    until(lambda: all(service.process.exit_code() is not None for service in dead))
    with pytest.raises(Broken, match="exit code -9"):
        offered.require_alive()
    assert not {offered.get(node=number) for number in (1, 2)} & set(dead)


def test_a_service_that_is_told_to_end_is_no_death(services, until):
    offered = services()
    first = offered.get()
    offered.forget(first)
    first.tell_to_end()
    until(lambda: first.process.exit_code() is not None)
    first.require_alive()
    assert offered.get() is not first


def test_a_signal_that_a_shell_keeps_to_itself_is_said(services, until):
    program = textwrap.dedent(HEALTHY).replace("{", "{{").replace("}", "}}")
    shell = ["sh", "-c", '"$0" -u -c "$1"; true', "{python}", program]
    offered = services(command=shell)
    service = offered.get()
    service.note_who_serves()
    service.tell_to_end()
    until(lambda: service.process.exit_code() is not None)
    said = service.out_of_reach()
    assert re.match(
        r"SIGTERM went to what was launched \(\d+: sh -c .*\), which has ended; python\S* \(\d+\), "
        r"which holds port \d+, serves on: the signal has not reached it",
        said,
    )


def test_a_signal_that_reaches_who_serves_leaves_nothing_to_say(services, until):
    service = services().get()
    service.note_who_serves()
    assert service.out_of_reach() is None
    service.tell_to_end()
    until(service.has_ended)
    assert service.out_of_reach() is None


def test_a_service_that_does_not_heed_is_ended_at_once(services):
    deaf = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n    print("  # before it is ready
    offered = services(HEALTHY.replace("print(", deaf))
    first = offered.get()
    first.tell_to_end()
    start = time.monotonic()
    first.stop()
    assert first.process.exit_code() == -signal.SIGKILL
    assert time.monotonic() - start < HANG_S


def test_a_service_of_somebody_elses_cannot_be_told_to_end(services):
    offered = services(None, "ws://127.0.0.1:5/ws")
    with pytest.raises(Broken, match=r"has no \[launch\]"):
        offered.get().tell_to_end()


def test_all_but_one_can_be_retired(services):
    offered = services(settings=SETTINGS)
    kept, other = offered.get(), offered.get({"limit": "1"})
    offered.retire_others(kept)
    assert other.process.exit_code() is not None
    assert offered.get() is kept


def test_stop_ends_all(services, until):
    offered = services(settings=SETTINGS)
    both = [offered.get(), offered.get({"limit": "1"})]
    offered.stop()
    assert all(service.process.exit_code() is not None for service in both)


def test_without_launch_the_service_is_only_talked_to(services):
    remote = services(program=None, url="ws://127.0.0.1:1234/ws")
    service = remote.get()
    assert (service.url, service.process) == ("ws://127.0.0.1:1234/ws", None)
    assert service.snapshot() == ResourceSnapshot(None, None, None)
    assert str(service.snapshot()) == "nothing that can be seen"
    service.require_alive()
    service.stop()
    with pytest.raises(Broken, match=r"no \[launch\]: the service's process cannot be observed"):
        service.memory_bytes()
    with pytest.raises(NotVerified, match=r"without \[launch\] nothing can be configured"):
        remote.get({"limit": "1"})


# --- what it holds -------------------------------------------------------------------------------

STATISTICS = {"path": "/stats"}


def test_statistics_are_read_under_the_names_that_the_target_gives(services, until):
    service = services(
        statistics={"path": "/stats", "connections": "c", "subscriptions": "s"},
        environment={"STATS": '{{"c": 3, "s": 5, "x": "y"}}'},
    ).get()
    until(lambda: service.snapshot() == ResourceSnapshot(0, 3, 5))  # each look takes a socket
    assert str(ResourceSnapshot(0, 3, 5)) == "0 sockets, 3 sessions, 5 subscriptions"


def test_what_opens_the_statistics_is_what_the_target_says(services):
    section = {"path": "/stats", "headers": {"X-Key": "k"}}
    service = services(statistics=section).get()
    assert service.statistics_headers() == {"X-Key": "k"}
    opened = {**section, "token": True}
    target = services(statistics=opened).get().target
    shows = Service(target, {}, 1, None, lambda: "T")
    assert shows.statistics_headers() == {"X-Key": "k", "Authorization": "Bearer T"}


@pytest.mark.parametrize(
    ("stats", "said"),
    [
        ("", "no statistics there"),
        ("no json", "no statistics there"),
        ("[1, 2]", "no statistics there"),
        ("{{}}", "active_connections"),
        ('{{"active_connections": 1}}', "total_subscriptions"),
        ('{{"active_connections": "1", "total_subscriptions": 1}}', "is not a number"),
        ('{{"active_connections": 1.5, "total_subscriptions": 1}}', "is not a number"),
        ('{{"active_connections": true, "total_subscriptions": 1}}', "is not a number"),
        ('{{"active_connections": null, "total_subscriptions": 1}}', "is not a number"),
    ],
)
def test_statistics_that_are_none_are_broken_in_one_line(services, stats, said):
    service = services(statistics=STATISTICS, environment={"STATS": stats}).get()
    with pytest.raises(Broken) as caught:
        service.snapshot()
    assert said in str(caught.value)
    assert "/stats" in str(caught.value)
    assert "\n" not in str(caught.value)


ANSWERS_ONCE = """
    import http.server, os, time
    class Handler(http.server.BaseHTTPRequestHandler):
        asked = 0
        def do_GET(self):
            Handler.asked += 1
            if Handler.asked > int(os.environ.get("ANSWERS", 1)):
                time.sleep(60)
            self.send_response(200); self.end_headers()
            self.wfile.write(b'{"active_connections": 1, "total_subscriptions": 1}')
        def log_message(self, *_): pass
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print("on port", server.server_port, flush=True)
    server.serve_forever()
"""


@pytest.mark.parametrize(
    ("answers", "held_ms", "kind", "said"),
    [
        (
            "1",
            0.0,
            NotVerified,
            r"the service did not answer its statistics within 0\.2 s, as",
        ),
        ("1", 1000.0, Inconclusive, "but the machine held it or the harness up for 1000 ms"),
        ("0", 1000.0, Broken, "and had not before either"),
    ],
)
def test_statistics_that_are_late_are_no_wrong_path(services, answers, held_ms, kind, said):
    made = services(ANSWERS_ONCE, statistics=STATISTICS, environment={"ANSWERS": answers})
    made._answers.patience_s, made._answers.held_up_ms = 0.2, lambda *_: held_ms
    if answers == "1":
        assert made.get().snapshot().sessions == 1
    with pytest.raises(kind, match=said) as caught:
        made.get(afresh=answers == "0").snapshot()
    assert "check [statistics]" not in str(caught.value)


def test_what_one_service_of_a_run_has_answered_counts_for_the_next(services):
    made = services(ANSWERS_ONCE, statistics=STATISTICS, environment={"ANSWERS": "{answers}"})
    made.get(placeholders={"answers": "1"}).snapshot()
    made._answers.patience_s = 0.2
    busy = made.get(placeholders={"answers": "0"})
    with pytest.raises(NotVerified, match="as it had before"):
        busy.snapshot()


def test_statistics_of_a_service_that_died_say_that_it_died(services, until):
    service = services(statistics=STATISTICS).get()
    os.kill(service.process.pid, signal.SIGKILL)
    until(lambda: service.process.exit_code() is not None)
    for measure in (service.snapshot, service.memory_bytes):
        with pytest.raises(Broken, match="ended in mid-run with exit code -9"):
            measure()


KEEPS = """
    import socket, sys
    server = socket.create_server(("127.0.0.1", 0), backlog=100)
    print("on port", server.getsockname()[1], flush=True)
    kept = []
    while True:
        connection, _ = server.accept()
        kept.append(connection)
        what = connection.recv(1)
        if what == b"m":
            kept.append(b"x" * (20 << 20))
        if what == b"l":
            kept.remove(connection); connection.recv(1); connection.close()
        else:
            connection.send(b"k")
"""


def test_sockets_are_counted_as_the_kernel_has_them(services, until):
    service = services(KEEPS).get()
    assert service.snapshot().sockets == 0
    with contextlib.ExitStack() as stack:
        for _ in range(3):
            client = stack.enter_context(
                socket.create_connection(("127.0.0.1", service.port), HANG_S)
            )
            client.send(b"k")
            client.recv(1)
        until(lambda: service.snapshot().sockets == 3)
    # the clients have gone; the service has not closed its ends (CLOSE_WAIT): a leak that shows
    connections = psutil.Process(service.process.pid).net_connections
    until(lambda: all(c.status != psutil.CONN_ESTABLISHED for c in connections()))
    assert service.snapshot().sockets == 3


def test_a_socket_that_the_service_closes_counts_no_more(services, until):
    service = services(KEEPS).get()
    with socket.create_connection(("127.0.0.1", service.port), HANG_S) as client:
        client.send(b"l")
    until(lambda: service.snapshot().sockets == 0)


def test_memory_is_the_services_own_and_shows_what_it_keeps(services):
    service = services(KEEPS).get()
    before = service.memory_bytes()
    assert MIB < before < 200 * MIB
    with socket.create_connection(("127.0.0.1", service.port), HANG_S) as client:
        client.send(b"m")
        client.recv(1)
    assert service.memory_bytes() - before == pytest.approx(20 * MIB, rel=0.1)


def test_memory_and_sockets_of_its_children_count_too(services, until):
    parent = f"""
        import subprocess, sys
        subprocess.run([sys.executable, "-u", "-c", {textwrap.dedent(KEEPS)!r}])
    """
    service = services(parent).get()
    assert len(psutil.Process(service.process.pid).children()) == 1
    with socket.create_connection(("127.0.0.1", service.port), HANG_S) as client:
        before = service.memory_bytes()
        client.send(b"m")
        client.recv(1)
        assert service.memory_bytes() - before > 15 * MIB
        until(lambda: service.snapshot().sockets == 1)


def test_what_a_service_holds_is_measured_on_the_real_one(tmp_path, until):
    """The reference service, without clients: nothing held, a plausible size."""
    from qaws.auth.tokens import Tokens
    from qaws.sut.broker import open_broker
    from qaws.sut.target_file import read_target

    target = read_target(ROOT / "targets" / "reference.toml", {}, {})
    tokens = Tokens(target.auth, tmp_path)
    broker = open_broker("embedded", tmp_path)
    values = {"broker_url": broker.url, "jwks_file": str(tokens.jwks_file), "folder": str(tmp_path)}
    services = Services(target, tmp_path, values)
    try:
        service = services.get()
        until(lambda: service.snapshot() == ResourceSnapshot(0, 0, 0))
        assert 10 * MIB < service.memory_bytes() < 300 * MIB
    finally:
        services.stop()
        broker.stop()


@pytest.mark.parametrize(
    ("url", "path", "http"),
    [
        ("ws://h:1/ws", "/health", "http://h:1/health"),
        ("wss://h/ws?x=1", "/s", "https://h/s"),
    ],
)
def test_the_http_address_is_on_the_same_host(url, path, http):
    assert http_url(url, path) == http


def test_who_is_held_has_no_turn_until_released_also_after_a_failure(services, until):
    service = services().get()
    service.note_who_serves()
    serving = psutil.Process(service.process.pid)
    with pytest.raises(KeyError), service.held():  # noqa: PT012 - it is seen held, then fails
        until(lambda: serving.status() == psutil.STATUS_STOPPED)
        raise KeyError
    until(lambda: serving.status() != psutil.STATUS_STOPPED)
    with open_url(http_url(service.url, "/"), HANG_S) as answer:
        assert answer.status == 200
