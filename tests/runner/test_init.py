"""`qaws init`: what it writes parses, and says what was asked for."""

import tomllib

import pytest

from qaws.runner import init
from qaws.runner.proposal.propose import NotUnderstood
from qaws.sut.target_file import read_target

URL = "ws://127.0.0.1:{port}/ws"


@pytest.fixture
def made(tmp_path, capsys):
    """Write a target file without a probe; return exit code, file, and what was said."""

    def making(*flags, name="mine", ask=input):
        code = init.main([name, "--folder", str(tmp_path / "targets"), "--no-probe", *flags], ask)
        said = capsys.readouterr()
        return code, tmp_path / "targets" / f"{name}.toml", said.out + said.err

    return making


def test_what_it_writes_reads_back_as_what_was_asked_for(made):
    code, file, said = made(
        *("--url", URL, "--key-file", "key.pem", "--algorithm", "ES256"),
        *("--issuer", "us", "--audience", 'a "quoted" one'),
        *("--token-location", "Authorization header", "--query-parameter", "jwt"),
        *("--command", 'serve --port {port} --name "two words"'),
        *("--env", "FEED={broker_url}", "--env", "odd name=1"),
        *("--ready-log", r"listening on (\d+)", "--ready-path", "/ready"),
        *("--setting", "idle timeout=IDLE", "--setting", "keepalive=PING"),
        *("--broker", "redis://127.0.0.1:6379/1", "--channels", "opt, bars"),
        *("--statistics", "/counts", "--statistics-names", "clients,topics"),
        *("--statistics-header", "X-Key: sesame"),
    )
    assert code == 0, said
    assert said == f"wrote {file}: it parses\n"
    target = read_target(file, {}, {})
    assert (target.name, target.endpoint.url) == ("mine", URL)
    auth = target.auth
    assert (str(auth.key_file), auth.algorithm, auth.issuer) == ("key.pem", "ES256", "us")
    assert (auth.audience, auth.query_parameter) == ('a "quoted" one', "jwt")
    assert auth.token_locations == ["Authorization header"]
    assert target.launch.command == ["serve", "--port", "{port}", "--name", "two words"]
    assert target.launch.environment == {"FEED": "{broker_url}", "odd name": "1"}
    assert (target.launch.ready_log, target.launch.ready_path) == (r"listening on (\d+)", "/ready")
    assert target.environment_for({"keepalive": "2"}) == {"PING": "2"}
    assert list(target.settings) == ["idle timeout", "keepalive"]
    assert (target.feed.options_channel, target.feed.underlying_channel) == ("opt", "bars")
    assert (target.statistics.connections, target.statistics.subscriptions) == ("clients", "topics")
    assert target.statistics.headers == {"X-Key": "sesame"}


STEPS = """
[[before_connect]]
url = "/login"
headers = { Authorization = "Bearer {token}" }
take = { access = "access" }

[[before_connect]]
url = "/ticket"
headers = { X-Access = "{access}" }
take = { ticket = { body = true } }
show = "{ticket}"
"""


def test_what_is_asked_before_a_connection_comes_from_a_file_of_its_own(made, tmp_path):
    steps = tmp_path / "steps.toml"
    steps.write_text(STEPS, "utf-8")
    code, file, said = made("--url", URL.format(port=1), "--before-connect", str(steps))
    assert code == 0, said
    assert [str(each) for each in read_target(file, {}, {}).steps] == [
        "step 1, POST /login",
        "step 2, POST /ticket",
    ]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (None, "steps.toml: cannot be read: "),
        ("x = ", "steps.toml: cannot be read: "),
        ("[auth]", "steps.toml: has auth; it should have [before_connect], or several"),
        ("", "steps.toml: has nothing; it should have [before_connect]"),
        ("[before_connect]\nurl = 'x'", "[before_connect] url = 'x': must be an address"),
    ],
)
def test_a_file_that_is_none_of_that_is_said_in_one_line(made, tmp_path, text, what):
    steps = tmp_path / "steps.toml"
    if text is not None:
        steps.write_text(text, "utf-8")
    code, file, said = made("--url", URL.format(port=1), "--before-connect", str(steps))
    assert code == 2
    assert what in said
    assert said.count("\n") == 1
    assert not file.exists()


def test_who_binds_is_said_where_there_is_no_broker(made):
    code, file, output = made(
        *("--url", "ws://127.0.0.1:1/", "--broker", "zmq+tcp://127.0.0.1:5555"),
        *("--binds", "service", "--channels", "{exchange}_{symbol}_QUOTE,bars"),
        *("--symbol", "RELIANCE", "--market", "exchange=NSE"),
    )
    assert code == 0, output
    feed = read_target(file, {}, {}).feed
    assert (feed.binds, feed.options_channel) == ("service", "{exchange}_{symbol}_QUOTE")


def test_the_least_is_an_address_and_everything_else_is_there_as_a_comment(made):
    code, file, said = made("--url", "wss://ticks.example/ws", "--token-variable", "TOKEN")
    assert code == 0, said
    target = read_target(file, {}, {})
    assert (target.launch, target.feed, target.statistics) == (None, None, None)
    text = file.read_text()
    assert all(f"# [{section}]" in text for section in ("launch", "feed", "statistics"))
    uncommented = "\n".join(
        line.removeprefix("# ") if line.startswith(("# [", "# path", "# broker")) else line
        for line in text.splitlines()
    )
    assert tomllib.loads(uncommented)["statistics"] == {"path": "/ws/stats"}


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--token-variable", "T"], 'token_variable = "T"'),
        (["--token-command", "get-token --for me"], 'token_command = ["get-token", "--for", "me"]'),
        (["--generate-key"], "generate_key = true"),
        (["--secret-variable", "S", "--algorithm", "HS256"], 'secret_variable = "S"'),
        (["--generate-key", "--key-set-url", "http://127.0.0.1:8001/keys"], "key_set_port = 8001"),
        (["--generate-key", "--key-set-url", "https://localhost:9/k"], 'key_set = "https"'),
        ([], "generate_key = true"),
    ],
)
def test_tokens_come_from_where_a_flag_says(made, flags, said):
    code, file, output = made("--url", "ws://127.0.0.1:1/", *flags)
    assert code == 0, output
    assert said in file.read_text()


@pytest.mark.parametrize(
    ("flags", "name", "said"),
    [
        (["--url", URL], "mine", "{port} needs a [launch] section"),
        (["--url", "http://x/"], "mine", "must be an address that begins ws:// or wss://"),
        (
            ["--url", "ws://x/", "--broker", "amqp://x"],
            "mine",
            'must be "embedded", or an address',
        ),
        (["--url", "ws://x/", "--setting", "idle"], "mine", "--setting 'idle': must be NAME=VALUE"),
        (
            ["--url", "ws://x/", "--broker", "embedded", "--channels", "one"],
            "mine",
            "--channels 'one': must be two names",
        ),
        (["--url", "ws://x/"], "../mine", "is no name for a target"),
        (
            ["--url", "ws://x/", "--key-set-url", "https://login.example/keys"],
            "mine",
            "must be an address of this machine with a port",
        ),
        (
            ["--url", "ws://x/", "--broker", "redis://127.0.0.1:1", "--binds", "service"],
            "mine",
            'binds = "service" is for the zmq+tcp:// address of a service',
        ),
        (["--url", "ws://"], "mine", "[endpoint] url: names no host"),
        (["--url", "ws://[::1/ws"], "mine", "[endpoint] url: is no address: "),
        (
            ["--url", URL, "--command", 'run "it'],
            "mine",
            "--command 'run \"it': is no command of a shell: No closing quotation",
        ),
        (
            ["--url", "ws://x/", "--token-command", "it's"],
            "mine",
            '--token-command "it\'s": is no command of a shell',
        ),
        (
            ["--url", "ws://x/", "--broker", "embedded", "--payload", '{"a": [null]}'],
            "mine",
            "TOML has no null; leave that member out",
        ),
    ],
)
def test_what_would_not_parse_is_said_in_one_line_and_not_kept(made, flags, name, said):
    code, file, output = made(*flags, name=name)
    assert code == 2
    assert said in output
    assert output.count("\n") == 1
    assert not file.exists()


def test_a_file_that_is_there_is_left_alone(made):
    _, file, _ = made("--url", "ws://127.0.0.1:1/")
    before = file.read_text()
    code, _, said = made("--url", "ws://127.0.0.1:2/")
    assert code == 2
    assert f"is there already; change it and run `qaws probe {file}`, or say --replace" in said
    assert file.read_text() == before


def test_a_file_that_is_there_is_replaced_on_demand_and_kept(made):
    _, file, _ = made("--url", "ws://127.0.0.1:1/")
    before = file.read_text()
    code, _, said = made("--url", "ws://127.0.0.1:2/", "--replace")
    assert code == 0, said
    assert read_target(file, {}, {}).endpoint.url == "ws://127.0.0.1:2/"
    assert file.with_name("mine.toml.bak").read_text() == before
    after = file.read_text()
    code, _, _ = made("--url", "http://127.0.0.1:3/", "--replace")
    assert (code, file.read_text()) == (2, after), "what does not parse replaces nothing"


def test_what_its_probe_did_not_bear_out_blocks_no_further_try(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("QAWS_REPORTS", str(tmp_path / "reports"))
    monkeypatch.setattr(init, "_is_reachable", lambda url: True)
    outcomes = [2, 2, 0]
    monkeypatch.setattr(init, "probe", lambda *_: outcomes.pop(0))
    file = tmp_path / "mine.toml"

    def tried(port):
        url = f"ws://127.0.0.1:{port}/"
        flags = ("--folder", str(tmp_path), "--url", url, "--dialect", "qa-ws")
        return init.main(["mine", *flags]), file.read_text()

    first, second = tried(1), tried(2)
    assert (first[0], second[0]) == (2, 2)
    assert "127.0.0.1:2/" in second[1]
    assert f"change {file} and run `qaws probe {file}`; or run qaws init" in capsys.readouterr().out
    file.write_text(second[1] + "# mine\n", "utf-8")
    code, text = tried(3)
    assert (code, text) == (2, second[1] + "# mine\n"), "what somebody has changed is kept"
    file.write_text(second[1], "utf-8")
    assert tried(4)[0] == 0
    assert tried(5)[0] == 2, "one that fits is kept too"


@pytest.mark.parametrize(
    ("flags", "variable", "lines"),
    [
        (("--header", "X-Auth-Token"), None, ['token_locations = ["header"]', "X-Auth-Token"]),
        (("--token-location", "header"), "X-Desk", ['token_locations = ["header"]', "X-Desk"]),
        (("--token-location", "header"), None, ["X-Api-Key"]),
    ],
)
def test_the_name_of_a_header_is_in_the_file(made, monkeypatch, flags, variable, lines):
    if variable:
        monkeypatch.setenv("QAWS_AUTH__HEADER", variable)
    code, file, said = made("--url", "ws://127.0.0.1:1/", *flags)
    assert code == 0, said
    text = file.read_text()
    assert f'\nheader = "{lines[-1]}"' in text
    assert lines[0] in text or lines[0] in lines[-1]
    assert "query_parameter" not in text
    assert read_target(file, {}, {}).auth.header == lines[-1]


def test_on_a_terminal_it_asks_for_what_no_flag_has_said(made):
    answers = {
        "Address": "ws://127.0.0.1:7/ws",
        "Command": "",
        "Environment": "TOKEN",
        "Path": "/stats",
    }
    asked = []

    def ask(question):
        asked.append(question.split()[0])
        return answers[asked[-1]]

    code, file, said = made("--broker", "redis://127.0.0.1:1/0", ask=ask)
    assert code == 0, said
    assert asked == ["Address", "Command", "Environment", "Path"]
    target = read_target(file, {}, {})
    assert (target.auth.token_variable, target.statistics.path) == ("TOKEN", "/stats")


def test_where_nobody_can_be_asked_the_address_is_missed(made, monkeypatch):
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    code, file, said = made()
    assert code == 2
    assert "--url is missing" in said
    assert not file.exists()


def test_a_service_that_does_not_run_is_probed_later(tmp_path, capsys):
    flags = ["--folder", str(tmp_path), "--url", "ws://127.0.0.1:1/ws", "--token-variable", "T"]
    assert init.main(["mine", *flags]) == 0
    assert f"start it, then: qaws probe {tmp_path / 'mine.toml'}" in capsys.readouterr().out


PAYLOAD = ("--broker", "embedded", "--payload", '{"s": "{symbol}", "p": "{last_price}"}')


def test_a_service_that_cannot_start_is_the_line_whatever_is_published(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("QAWS_REPORTS", str(tmp_path / "reports"))
    command = "{python} -c exit(3) {port}"
    flags = ("--folder", str(tmp_path), "--url", URL, "--command", command, *PAYLOAD)
    assert init.main(["mine", *flags]) == 2
    said = capsys.readouterr()
    assert 'BROKEN: the service "mine" ended before it was ready (exit code 3)' in said.err
    assert "option_payload" not in said.err
    assert f"change {tmp_path / 'mine.toml'} and run" in said.out


@pytest.mark.parametrize(("payload", "is_probed"), [(PAYLOAD, False), ((), True)])
def test_what_was_not_understood_is_the_line_where_the_probe_could_not_say_it(
    tmp_path, monkeypatch, capsys, payload, is_probed
):
    def nothing(file, *_):
        raise NotUnderstood(f"{file}: binary messages came that are none of gzip")

    probed = []
    monkeypatch.setenv("QAWS_REPORTS", str(tmp_path / "reports"))
    monkeypatch.setattr(init, "_is_reachable", lambda url: True)
    monkeypatch.setattr(init, "propose", nothing)
    monkeypatch.setattr(init, "probe", lambda *_: probed.append(1) or 2)
    flags = ("--folder", str(tmp_path), "--url", "ws://127.0.0.1:1/", *payload)
    assert init.main(["mine", *flags]) == 2
    assert bool(probed) is is_probed
    line = f"BROKEN: {tmp_path / 'mine.toml'}: binary messages came that are none of gzip"
    assert (line in capsys.readouterr().err) is not is_probed
