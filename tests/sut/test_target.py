"""Target files: each mistake gives one line that names file, key, value and the way out."""

from pathlib import Path

import pytest

from qaws.runtime.certificates import issue
from qaws.sut.launch_sections import PLACEHOLDERS, Setting
from qaws.sut.target_file import read_target
from qaws.verdict import Broken, NotVerified

ROOT = Path(__file__).resolve().parents[2]
HEAD = 'name = "mine"\ndialect = "qa-ws"\n'
ENDPOINT = '[endpoint]\nurl = "ws://127.0.0.1:{port}/ws"\n'
REMOTE = '[endpoint]\nurl = "wss://ticks.example/ws"\n'
AUTH = "[auth]\ngenerate_key = true\n"
LAUNCH = '[launch]\ncommand = ["serve", "{port}"]\nready_path = "/health"\n'
GOOD = HEAD + ENDPOINT + AUTH + LAUNCH
LOADABLE = ("redis", "redis-streams", "nats", "mqtt", "kafka", "websocket")


# --- what is right -------------------------------------------------------------------------------


def test_the_reference_target_reads_and_offers_everything(monkeypatch):
    target = read_target(ROOT / "targets" / "reference.toml", {}, {})
    assert target.capabilities >= {
        *("mint", "launch", "configure", "inject", "observe", "statistics", "outage", "relay"),
    }


@pytest.mark.parametrize(
    ("text", "capabilities"),
    [
        (HEAD + REMOTE + '[auth]\ntoken_variable = "TOKEN"\n', set()),
        (HEAD + REMOTE + '[auth]\ntoken_command = ["x"]\n', set()),
        (HEAD + REMOTE + '[auth]\nkey_file = "key.pem"\n', {"mint"}),
        (HEAD + REMOTE + AUTH, {"mint"}),
        (GOOD, {"mint", "launch", "observe"}),
        (
            GOOD + '[settings]\n"idle timeout" = "IDLE"\n',
            {"mint", "launch", "observe", "configure"},
        ),
        (HEAD + REMOTE + AUTH + '[settings]\n"idle timeout" = "IDLE"\n', {"mint"}),
        (HEAD + REMOTE + AUTH + '[feed]\nbroker = "redis://h:1/0"\n', {"mint"}),
        (HEAD + REMOTE + AUTH + '[feed]\nbroker = "embedded"\n', {"mint", "inject", "outage"}),
        (HEAD + REMOTE + AUTH + "[grants]\noutage = true\n", {"mint"}),
        (
            HEAD
            + REMOTE
            + AUTH
            + '[feed]\nbroker = "redis://h:1/0"\ninject_allowed = true\n[grants]\noutage = true\n'
            + 'stop_broker = ["a"]\nstart_broker = ["b", "c"]\n',
            {"mint", "inject", "outage"},
        ),
        (HEAD + REMOTE + AUTH + '[statistics]\npath = "/s"\n', {"mint", "statistics"}),
        (HEAD + REMOTE + AUTH + 'entitlement_claim = "s"\n', {"mint", "entitlements"}),
        (
            HEAD + REMOTE + '[auth]\ntoken_variable = "T"\nentitlement_claim = "s"\n',
            set(),
        ),
        *[
            (
                GOOD + f'[launch.environment]\nFEED = "{told}"\n[feed]\nbroker = "{broker}"\n',
                {"mint", "launch", "observe", "inject", *more},
            )
            for told, broker, more in (
                ("{broker_url}", 'redis://broker.example"\ninject_allowed = true #', set()),
                ("{broker_url}", "embedded", {"outage", "relay"}),
                ("{broker_url}", "redis://:secret@127.0.0.1:6379/0", {"relay"}),
                ("{broker_url}", "redis://localhost", {"relay"}),
                ("{broker_url}", "rediss://localhost:6379", set()),
                ("redis://127.0.0.1:6379", "redis://127.0.0.1:6379", set()),
            )
        ],
    ],
)
def test_what_a_target_offers_follows_from_what_it_says(read, text, capabilities):
    assert read(text).capabilities & set(KNOWN) == capabilities


KNOWN = (
    *("mint", "launch", "configure", "inject", "observe", "statistics", "outage", "relay"),
    *("entitlements", "rotation"),
)


@pytest.mark.parametrize(
    ("feed", "speaks", "is_near"),
    [
        ('broker = "embedded"', "redis", True),
        ('broker = "redis://127.0.0.1:6379/0"', "redis", True),
        ('broker = "redis://localhost"', "redis", True),
        ('broker = "redis://[::1]:6379"', "redis", True),
        ('broker = "rediss://broker.example"', "redis", False),
        ('broker = "redis://10.0.0.7:6379"', "redis", False),
        ('broker = "redis://localhost.example"', "redis", False),
        ('broker = "redis://127.0.0.1"\nkind = "redis-streams"', "redis-streams", True),
        ('broker = "embedded"\nkind = "nats"', "nats", True),
        ('broker = "nats://127.1.2.3"', "nats", True),
        ('broker = "tls://nats.example:4222"', "nats", False),
        ('broker = "embedded"\nkind = "mqtt"', "mqtt", True),
        ('broker = "mqtt://localhost:1883"', "mqtt", True),
        ('broker = "mqtts://desk@mqtt.example"', "mqtt", False),
        ('broker = "embedded"\nkind = "kafka"', "kafka", True),
        ('broker = "kafka://127.0.0.1:9092"', "kafka", True),
        ('broker = "kafka://broker.example:9092"', "kafka", False),
        ('broker = "zmq+tcp://127.0.0.1:5555"', "zeromq", True),
        ('broker = "zmq+tcp://*:5555"', "zeromq", False),
        ('broker = "embedded"\nkind = "websocket"', "websocket", True),
        ('broker = "ws://127.0.0.1:9001/v2"', "websocket", True),
        ('url = "http://127.0.0.1:9000/ticks"', "http", True),
        ('url = "http://127.0.0.1:{port}/ticks"', "http", True),
        ('url = "https://ingest.example/ticks"', "http", False),
        ('url = "/ticks"', "http", False),  # of a service elsewhere
        ('command = ["publish"]', "command", False),
        ('command = ["publish"]\nbroker = "redis://127.0.0.1"', "command", True),
    ],
)
def test_ticks_are_made_up_on_this_machine_only_unless_the_file_allows_it(
    read, feed, speaks, is_near
):
    target = read(HEAD + REMOTE + AUTH + f"[feed]\n{feed}\n")
    assert target.feed.speaks == speaks
    assert ("inject" in target.capabilities) is target.may_publish is is_near
    assert ("inject_allowed = true" in target.withheld.get("inject", "")) is not is_near
    allowed = read(HEAD + REMOTE + AUTH + f"[feed]\n{feed}\ninject_allowed = true\n")
    assert allowed.may_publish
    assert "inject" in allowed.capabilities
    assert ("swarm" in allowed.capabilities) is (speaks in LOADABLE)


@pytest.mark.parametrize(
    ("feed", "said"),
    [
        ('kind = "nats"\nbroker = "redis://h"', "does not fit an address of redis"),
        ('kind = "nats"', "needs a broker"),
        ('kind = "command"\nbroker = "redis://h"', "needs the command"),
        ('kind = "nats"\ncommand = ["x"]', "do not go together"),
        ('broker = "embedded"\ncommand = ["x"]', "is not for it"),
        ('broker = "embedded"\nbinds = "service"', "is for the zmq+tcp:// address of a service"),
        ('kind = "rabbitmq"\nbroker = "embedded"', "[feed] kind = 'rabbitmq': input should be"),
        ('broker = "embedded"\npartitions = 3', 'partitions is of Kafka: kind = "kafka"'),
        (
            'kind = "kafka"\nbroker = "embedded"\noptions_channel = "ticker:options"',
            'options_channel = "ticker:options": a topic has letters, digits',
        ),
        ('broker = "kafka://h"\noptions_key = ""', 'options_key = "": records without a key go to'),
        ('broker = "kafka://desk:secret@h"', "the address of a Kafka broker has no user"),
        ('broker = "kafka://h"\nkind = "nats"', "does not fit an address of kafka"),
        (
            'broker = "ws://exchange.example:9001"',
            "the suite is the exchange, on this machine: say",
        ),
        ('broker = "ws://127.0.0.1"', "the suite is the exchange, on this machine: say"),
        ('broker = "wss://127.0.0.1:9001"', 'must be "embedded", or an address'),
        ('broker = "embedded"\ngreeting = "hi"', 'greeting is of an exchange: kind = "websocket"'),
        (
            'broker = "embedded"\nkind = "websocket"\nanswers = [{ when = {} }]',
            "[feed] answers.0.when: a pattern names at least one member",
        ),
        ('kind = "http"', 'kind = "http" needs the url at which ticks are taken'),
        ('url = "ftp://h/"', "[feed] url = 'ftp://h/': must be an address that begins http://"),
        ('url = "/in"\nbroker = "embedded"', "and not for a broker or a command"),
        ('url = "/in"\nkind = "nats"', 'and not for kind = "nats"'),
        ('url = "/in/{chanel}"', "{chanel}: nothing is known of that name; known are {channel}"),
        ('url = "/in"\nheaders = { K = "{key}" }', "{key}: nothing is known of that name"),
        ('url = "/in"\nsecrets = { port = "P" }', '"port" is a name of the suite\'s; rename it'),
        ('broker = "embedded"\nmethod = "PUT"', "method is for ticks that are taken over HTTP"),
        (
            'broker = "embedded"\nown_publisher = ["{mars}"]',
            "known placeholders are {python}, {bro",
        ),
    ],
)
def test_a_feed_that_is_none_is_said(complaint, feed, said):
    assert said in complaint(HEAD + REMOTE + AUTH + f"[feed]\n{feed}\n")


@pytest.mark.parametrize(
    ("feed", "why"),
    [
        ('broker = "embedded"', ""),
        ('broker = "embedded"\nkind = "mqtt"', ""),
        ('broker = "embedded"\nkind = "kafka"', ""),
        ('broker = "embedded"\nkind = "zeromq"', "nobody but who subscribes hears"),
        ('url = "http://127.0.0.1:9/in"', "is heard by nobody else"),
        ('broker = "embedded"\nkind = "websocket"', "nobody else publishes there"),
        ('command = ["x"]\ninject_allowed = true', "publishes all ticks of the suite already"),
    ],
)
def test_the_teams_own_publisher_is_run_where_it_can_be_heard(read, feed, why):
    target = read(HEAD + REMOTE + AUTH + f'[feed]\n{feed}\nown_publisher = ["publish"]\n')
    assert ("own-publisher" in target.capabilities) is (why == "")
    assert why in target.withheld.get("own-publisher", "")
    without = read(HEAD + REMOTE + AUTH + f"[feed]\n{feed}\n")
    assert "own-publisher" not in without.capabilities


def test_an_exchange_that_the_suite_plays_can_go_and_its_link_be_cut(read):
    told = GOOD + '[launch.environment]\nFEED = "{broker_url}"\n[feed]\nbroker = '
    for broker in ('"embedded"\nkind = "websocket"', '"ws://127.0.0.1:9001"'):
        assert {"outage", "relay"} <= read(told + broker).capabilities
    assert "relay" not in read(GOOD + '[feed]\nbroker = "ws://127.0.0.1:9001"\n').capabilities


def test_a_service_of_this_machine_takes_its_own_ticks(read, complaint):
    target = read(GOOD + '[feed]\nurl = "/ticks"\n')
    assert target.may_publish
    assert "outage" not in target.capabilities
    told = GOOD + '[launch.environment]\nFEED = "{broker_url}"\n[feed]\nurl = "/ticks"\n'
    assert "[launch] has {broker_url}, but there is no [feed] that names a broker" in complaint(
        told
    )


def test_a_secret_of_the_feed_that_is_not_set_is_named(read, monkeypatch):
    target = read(GOOD + '[feed]\nurl = "/ticks"\nsecrets = { key = "FEED_KEY" }\n')
    monkeypatch.setenv("FEED_KEY", "")
    with pytest.raises(Broken, match=r"\[feed\] secrets.key = 'FEED_KEY': is not set; export FEED"):
        target.require_secrets()
    monkeypatch.setenv("FEED_KEY", "sesame-of-the-desk")
    assert target.feed_secrets == {"key": "sesame-of-the-desk"}


def test_a_service_that_binds_is_not_started_by_the_suite(complaint):
    feed = '[feed]\nbroker = "zmq+tcp://127.0.0.1:5555"\nbinds = "service"\n'
    assert "leave out [launch]" in complaint(GOOD + feed)


def test_keys_can_change_where_the_suite_makes_them_and_the_service_reads_them(read):
    assert "rotation" not in read(GOOD).capabilities
    reads = read(ROOT.joinpath("targets/reference.toml").read_text()).capabilities
    assert {"rotation", "entitlements", "private-statistics"} <= reads


def test_settings_are_variables_with_or_without_a_factor(read):
    target = read(
        GOOD + '[settings]\n"connection limit" = "MAX"\n'
        '"idle timeout" = {variable = "IDLE_MS", factor = 1000}\n'
    )
    wanted = {"connection limit": "10", "idle timeout": "2"}
    assert target.environment_for(wanted) == {"MAX": "10", "IDLE_MS": "2000"}
    assert target.arguments_for(wanted) == []


def test_settings_are_arguments_with_the_services_own_words(read):
    target = read(
        GOOD + "[settings]\n"
        '"idle timeout" = { argument = "--idle={value}", factor = 1000 }\n'
        '"log level" = { argument = ["--log", "{value}"], values = { DEBUG = "debug" } }\n'
        '"allow-list" = { variable = "ORIGINS", join = "json" }\n'
        '"others" = { variable = "OTHERS", join = "; " }\n'
    )
    assert target.arguments_for({"log level": "DEBUG", "idle timeout": "2"}) == [
        *("--log", "debug", "--idle=2000")
    ]
    assert target.arguments_for({"log level": "INFO"}) == ["--log", "INFO"]
    assert target.environment_for({"allow-list": "https://a.example,https://b.example"}) == {
        "ORIGINS": '["https://a.example", "https://b.example"]'
    }
    assert target.environment_for({"others": "a,b"}) == {"OTHERS": "a; b"}
    assert target.environment_for({"idle timeout": "2"}) == {}


@pytest.mark.parametrize(
    ("value", "factor", "text"),
    [
        ("2.5", 1000, "2500"),
        ("0.0025", 1000, "2.5"),
        ("1234.567", 1000, "1234567"),
        ("1000000", 1000, "1000000000"),
        ("90", 1 / 60, "1.5"),
        ("any text", 1, "any text"),
    ],
)
def test_a_factor_keeps_every_digit(value, factor, text):
    assert Setting(variable="X", factor=factor).text(value) == text


def test_an_unknown_setting_is_named_with_the_known_ones_and_the_way_out(read):
    target = read(GOOD + '[settings]\n"idle timeout" = "IDLE"\n')
    with pytest.raises(NotVerified) as caught:
        target.environment_for({"origin list": "x"})
    said = str(caught.value)
    assert 'mine.toml: [settings] has no "origin list" (it has "idle timeout")' in said
    assert "add the environment variable" in said
    with pytest.raises(Broken, match='no setting "idle timeuot"; did you mean "idle timeout"'):
        target.environment_for({"idle timeuot": "x"})
    with pytest.raises(NotVerified, match="it has none"):
        read(GOOD).environment_for({"x": "1"})


def test_log_files_are_named_with_placeholders_and_overridden_as_words(read):
    text = GOOD.replace("[launch]\n", "[launch]\nlog_files = ['{folder}/*.log', 'x.log']\n")
    assert read(GOOD).launch.log_files == []
    assert read(text).launch.log_files == ["{folder}/*.log", "x.log"]


# --- what is wrong -------------------------------------------------------------------------------


def test_a_missing_file_is_named_with_those_that_are_there(tmp_path):
    (tmp_path / "staging.toml").write_text(GOOD)
    with pytest.raises(Broken) as caught:
        read_target(tmp_path / "stagign.toml", {}, {})
    said = str(caught.value)
    assert "\n" not in said
    assert f"{tmp_path / 'stagign.toml'}: no such target file" in said
    assert "staging.toml" in said
    assert "-D target=FILE" in said


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(Broken, match=r"no such target file; .* has no target"):
        read_target(tmp_path / "nowhere" / "x.toml", {}, {})


def test_a_folder_is_no_target(tmp_path):
    with pytest.raises(Broken, match=r"cannot be read: Is a directory$"):
        read_target(tmp_path, {}, {})


def test_bytes_that_are_no_text_are_no_target(tmp_path):
    (tmp_path / "x.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Broken, match="cannot be read"):
        read_target(tmp_path / "x.toml", {}, {})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name = mine", "is not TOML: "),
        (GOOD + AUTH, "is not TOML: "),
        ("", "name is missing"),
        ('name = "mine"\n' + ENDPOINT + AUTH, "dialect is missing"),
        (HEAD + AUTH, "[endpoint] is missing"),
        (HEAD + REMOTE, "[auth] is missing"),
        (HEAD + "[endpoint]\n" + AUTH, "[endpoint] url is missing"),
        (GOOD + "[feed]\n", '[feed]: needs a broker ("embedded", or an address), a command, or'),
        (HEAD + REMOTE + AUTH + '[launch]\nready_path = "/"\n', "[launch] command is missing"),
        (
            HEAD.replace("qa-ws", "fix") + ENDPOINT + AUTH,
            'dialect: "fix" is not known; "qa-ws" is',
        ),
        (HEAD + "endpont = 1\n" + REMOTE + AUTH, "endpont: unknown key; did you mean endpoint?"),
        (
            HEAD + REMOTE + "[auth]\ngenerate_keys = true\n",
            "[auth] generate_keys: unknown key; did you mean generate_key?",
        ),
        (
            GOOD + '[feed]\nbroker = "rediss:/u:hunter2@host"\n',
            "[feed] broker = 'rediss:/***@host': must be \"embedded\", or an address",
        ),
        (
            GOOD + '[feed]\nbroker = "embedded"\nxyz = 1\n',
            "[feed] xyz: unknown key; known are answers, binds, broker",
        ),
        (
            GOOD + '[settings]\n"idle timeout" = {variable = "X", faktor = 2}\n',
            "[settings] idle timeout.faktor: unknown key; did you mean factor?",
        ),
        (GOOD + '[settings]\n"idle timeout" = 5\n', "[settings] idle timeout = 5: "),
        (
            GOOD + '[settings]\n"idle time" = "X"\n',
            '[settings] "idle time": unknown setting; did you mean "idle timeout"?',
        ),
        (
            GOOD + 'declines = ["key ids"]\n',
            "[launch] declines: unknown key; known are",
        ),
        (
            GOOD + 'declines = ["key ids"]\n',
            "; `declines` belongs above the first [section]",
        ),
        (
            GOOD + '[settings]\ndeclines = ["key ids"]\n',
            "; `declines` belongs above the first [section]",
        ),
        (
            GOOD + 'dialect = "qa-ws"\n',
            "; `dialect` belongs above the first [section]",
        ),
        (
            GOOD + '[settings]\n"x" = { variable = "X", argument = "{value}" }\n',
            "[settings] x: needs a variable or an argument, and not both",
        ),
        (GOOD + '[settings]\n"x" = { factor = 2 }\n', "[settings] x: needs a variable or an arg"),
        (GOOD + '[settings]\n"x" = { argument = "-x" }\n', "['-x']: has no {value} in it"),
        (
            GOOD + '[settings]\n"x" = { argument = "{port} {value}" }\n',
            "the only placeholder is {value}",
        ),
        (HEAD + 'auth = "x"\n' + REMOTE, "auth] = 'x': "),
        (HEAD + '[endpoint]\nurl = "http://x/"\n' + AUTH, "url = 'http://x/': must be an address"),
        (
            HEAD + "[endpoint]\nurl = 5\n" + AUTH,
            "[endpoint] url = 5: input should be a valid string",
        ),
        (
            GOOD + '[feed]\nbroker = "amqp://x"\n',
            "broker = 'amqp://x': must be \"embedded\", or a",
        ),
        (
            HEAD + REMOTE + AUTH + '[feed]\nbroker = "redis://h:1/0"\n[grants]\noutage = true\n',
            "[grants] outage = true: needs stop_broker and start_broker, the commands for a broker",
        ),
        (
            HEAD + REMOTE + AUTH + 'token_locations = ["biscuit"]\n',
            "[auth] token_locations.0 = 'biscuit': ",
        ),
        (HEAD + REMOTE + AUTH + "token_locations = []\n", "[auth] token_locations = []: "),
        (HEAD + REMOTE + AUTH + 'algorithm = "XS256"\n', "[auth] algorithm = 'XS256': "),
        (GOOD + "ready_within_s = 0\n", "[launch] ready_within_s = 0: "),
        (GOOD + 'ready_within_s = "soon"\n', "[launch] ready_within_s = 'soon': "),
        (
            HEAD + REMOTE + "[auth]\n",
            "[auth]: needs exactly one of generate_key, key_file, secret_variable, token_file, "
            "token_command, token_variable; "
            "it has none",
        ),
        (
            HEAD + REMOTE + AUTH + 'key_file = "x.pem"\n',
            "it has generate_key, key_file",
        ),
        (
            HEAD + REMOTE + '[auth]\ntoken_variable = "T"\ntoken_command = ["x"]\n',
            "it has token_command, token_variable",
        ),
        (
            HEAD + ENDPOINT + AUTH + '[launch]\ncommand = ["serve", "{port}"]\n',
            "[launch]: needs ready_log (a pattern of a line that the service writes) or ready_path",
        ),
        (
            GOOD.replace('{port}"]', '{prot}"]'),
            "[launch] '{prot}': known placeholders are {python}",
        ),
        (
            GOOD + 'log_files = ["{prot}.log"]',
            "[launch] log_files: '{prot}.log': known",
        ),
        (GOOD + 'log_files = [""]', "[launch] log_files: has an empty name; name a file"),
        (
            GOOD + 'log_files = "x.log"',
            "[launch] log_files = 'x.log': input should be a",
        ),
        (GOOD.replace('{port}"]', '{"]'), "[launch] '{': known placeholders are"),
        (GOOD.replace('{port}"]', '{}"]'), "[launch] '{}': known placeholders are"),
        (GOOD + '[launch.environment]\nX = "{brokerurl}"\n', "[launch] '{brokerurl}': known"),
        (
            GOOD + '[demo]\ngenerator = ["{nothing}"]\n',
            "[demo] '{nothing}': known placeholders are",
        ),
        (
            GOOD.replace("127.0.0.1:{port}", "{host}:{port}"),
            "[endpoint] url 'ws://{host}:{port}/ws': known placeholders are {port}",
        ),
        (HEAD + ENDPOINT + AUTH, "[endpoint] url: {port} needs a [launch] section"),
        (
            GOOD.replace(":{port}/", ":8090/"),
            "[launch] has {port}, a port that the suite finds free at each start, but [endpoint] "
            "url = 'ws://127.0.0.1:8090/ws' has another; put {port} there too",
        ),
        (
            GOOD.replace(', "{port}"', ""),
            "[endpoint] url has {port}, but nothing tells the port: put {port} into the launch "
            "section, or a group (?P<port>...) into ready_log",
        ),
        (
            GOOD + '[launch.environment]\nX = "{broker_url}"\n',
            "[launch] has {broker_url}, but there is no [feed] that names a broker; add [feed]",
        ),
        (GOOD + "ready_log = '(?P<port>'\n", "[launch] ready_log = '(?P<port>': is no regular"),
    ],
)
def test_each_mistake_is_said_in_one_line(complaint, text, said):
    assert said in complaint(text)


def test_every_placeholder_is_accepted_where_it_belongs(read):
    every = " ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    assert read(
        GOOD.replace("{port}", every, 2)
        .replace(every, "{port}", 1)
        .replace("[launch]", 'key_set = "http"\n[launch]')
        + '[feed]\nbroker = "embedded"\n'
    )


def test_a_port_may_be_told_by_the_ready_line(read):
    told = GOOD.replace(', "{port}"', "") + r"ready_log = 'on (?P<port>\d+)'"
    assert read(told).launch.ready_log


# --- overrides -----------------------------------------------------------------------------------

FEED = GOOD + '[feed]\nbroker = "redis://file:1/0"\n'


def test_the_command_line_beats_the_environment_beats_the_file(read):
    environment = {"QAWS_FEED__BROKER": "redis://environment:1/0"}
    overrides = {"feed.broker": "redis://line:1/0"}
    assert read(FEED).feed.broker == "redis://file:1/0"
    assert read(FEED, environment=environment).feed.broker == "redis://environment:1/0"
    assert read(FEED, overrides, environment).feed.broker == "redis://line:1/0"
    assert read(FEED, overrides).feed.broker == "redis://line:1/0"


def test_an_override_makes_a_section_that_the_file_has_not(read):
    assert read(GOOD, {"statistics.path": "/s"}).statistics.path == "/s"


def test_a_list_is_given_as_words_and_a_number_as_digits(read):
    target = read(GOOD, {"launch.command": "a b {port}", "launch.ready_within_s": "3"})
    assert target.launch.command == ["a", "b", "{port}"]
    assert target.launch.ready_within_s == 3


def test_a_token_source_that_is_overridden_is_a_second_one(complaint):
    assert "it has generate_key, token_variable" in complaint(GOOD, {"auth.token_variable": "T"})


@pytest.mark.parametrize(
    ("overrides", "environment", "said"),
    [
        (
            {"auth.isuer": "x"},
            {},
            "-D auth.isuer=x: no such key in a target file; did you mean auth.",
        ),
        ({"nothing.at_all": "x"}, {}, "-D nothing.at_all=x: no such key"),
        ({"settings.idle": "x"}, {}, "-D settings.idle=x: no such key"),
        (
            {},
            {"QAWS_FEED__BROKR": "x"},
            "QAWS_FEED__BROKR=x: no such key in a target file; did you",
        ),
        ({"feed.broker": "nonsense"}, {}, "[feed] broker = 'nonsense': must be"),
        ({"launch.ready_within_s": "soon"}, {}, "[launch] ready_within_s = 'soon'"),
        ({"launch.environment": "A=1"}, {}, "[launch] environment = 'A=1': "),
    ],
)
def test_a_wrong_override_is_said_in_one_line(complaint, overrides, environment, said):
    assert said in complaint(GOOD, overrides, environment)


def test_an_override_of_what_is_no_section_in_the_file_is_said(complaint):
    said = complaint(HEAD + 'auth = "x"\n' + REMOTE, {"auth.issuer": "y"})
    assert "[auth] = 'x'" in said


def test_keys_and_variables_that_are_not_about_the_target_are_left_alone(read):
    assert read(GOOD, {"target": "x"}, {"QAWS_REPORTS": "x", "OTHER__KEY": "x", "HOME": "/"})


# --- the idle timeout ----------------------------------------------------------------------------


IDLE = '[settings]\n"idle timeout" = { variable = "IDLE_MS", factor = 1000 }\n'


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (GOOD, None),
        (GOOD.replace("[auth]", "idle_timeout_s = 45\n[auth]"), 45),
        (GOOD + IDLE, None),
        (GOOD + '[launch.environment]\nIDLE_MS = "60000"\n' + IDLE, 60),
        (
            GOOD.replace("[auth]", "idle_timeout_s = 45\n[auth]")
            + '[launch.environment]\nIDLE_MS = "60000"\n'
            + IDLE,
            60,
        ),
        (
            GOOD.replace("[auth]", "idle_timeout_s = 45\n[auth]")
            + '[launch.environment]\nIDLE_MS = "{port}"\n'
            + IDLE,
            45,
        ),
    ],
)
def test_the_idle_timeout_is_what_the_launch_sets_or_the_file_says(read, text, seconds):
    assert read(text).idle_timeout_s == seconds


def test_an_idle_timeout_must_be_a_time(complaint):
    text = GOOD.replace("[auth]", "idle_timeout_s = 0\n[auth]")
    assert complaint(text).startswith("[endpoint] idle_timeout_s = 0: input should be greater than")


def test_pings_may_be_declined(read):
    declining = read('declines = ["pings within 60 s"]\n' + GOOD)
    assert "pings-within-60-s" in read(GOOD).capabilities - declining.capabilities


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            GOOD.replace("ws://", "wss://").replace(
                "[auth]", "generate_certificate = true\nca_file = 'pyproject.toml'\n[auth]"
            ),
            "has no certificate in it",
        ),
        (
            GOOD.replace("[auth]", "generate_certificate = true\n[auth]"),
            "generate_certificate is for a url that begins wss://",
        ),
        (GOOD + '[proxy]\ncommand = ["caddy", "{nothing}"]\n', "[proxy] '{nothing}': known"),
        (
            GOOD.replace('"{port}"]', '"{port}", "{jwks_url}"]'),
            '[launch] has {jwks_url}, but [auth] key_set is "file"; say key_set = "http"',
        ),
        (
            HEAD + REMOTE + '[auth]\ntoken_variable = "T"\nkey_set = "http"\n',
            'key_set = "http" needs generate_key or key_file',
        ),
    ],
)
def test_what_does_not_go_together_over_tls_behind_a_proxy_or_with_a_key_set(complaint, text, said):
    assert said in complaint(text)


@pytest.mark.parametrize(
    ("text", "capability"),
    [
        (
            GOOD.replace("ws://", "wss://").replace(
                "[auth]", "generate_certificate = true\n[auth]"
            ),
            "tls",
        ),
        (GOOD + '[settings]\ncertificate = "C"\n"certificate key" = "K"\n', "tls"),
        (GOOD + '[proxy]\ncommand = ["caddy", "{port}", "{proxy_port}"]\n', "proxy"),
        (GOOD.replace("[auth]", "behind_proxy = true\n[auth]"), "proxy"),
        (GOOD.replace("[launch]", 'key_set = "https"\n[launch]'), "rotation"),
    ],
)
def test_what_offers_tls_a_proxy_and_rotation(read, text, capability):
    assert capability in read(text).capabilities
    assert capability not in read(GOOD).capabilities


ONE_TOKEN = HEAD + REMOTE + '[auth]\ntoken_variable = "T"\n'
COMMAND = HEAD + REMOTE + '[auth]\ntoken_command = ["x"]\n'
FILE = '[revocation]\nfile = "{folder}/revoked"\n'


@pytest.mark.parametrize(
    ("text", "offered", "withheld"),
    [
        (GOOD, set(), ""),
        (GOOD + FILE, {"revocation", "revocation-of-one-token"}, ""),
        (GOOD + FILE + 'of = "person"\n', {"revocation"}, ""),
        (
            GOOD + FILE + 'of = "person"\nsessions = "go on"\n',
            {"revocation", "revocation-of-sessions"},
            "",
        ),
        (COMMAND + FILE, {"revocation", "revocation-of-one-token"}, ""),
        (
            HEAD + REMOTE + '[auth]\ntoken_file = "keys"\n' + FILE,
            {"revocation-of-one-token"},
            "the tokens of [auth] token_file",
        ),
        (ONE_TOKEN + FILE, {"revocation-of-one-token"}, "the one token of [auth] token_variable"),
        (
            COMMAND + "one_person = true\n" + FILE,
            {"revocation-of-one-token"},
            "[auth] one_person",
        ),
        (
            GOOD.replace(AUTH, AUTH + "one_person = true\n") + FILE + 'of = "person"\n',
            set(),
            "[auth] one_person",
        ),
        (
            GOOD.replace(AUTH, AUTH + "one_person = true\n") + FILE,
            {"revocation", "revocation-of-one-token"},
            "",
        ),
    ],
)
def test_a_token_may_be_revoked_where_others_keep_theirs(read, text, offered, withheld):
    target = read(text)
    assert {each for each in target.capabilities if each.startswith("revocation")} == offered
    assert withheld in target.withheld.get("revocation", "")
    assert bool(withheld) == ("revocation" in target.withheld)


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("", "[revocation]: needs exactly one of command, url, file, redis; it has none"),
        ('file = "x"\ncommand = ["x"]', "it has command, file"),
        ('file = "{nowhere}"', "[revocation] '{nowhere}': known placeholders are {python}"),
        ('url = "issuer/revoke"', "must be an address that begins http:// or https://, or a path"),
        ('redis = ["SADD"]\nredis_url = "nats://x"', "an address that begins redis://"),
        ('file = "x"\nsessions = "closed"', "[revocation] sessions = 'closed'"),
        ('file = "x"\nsesions = "end"', "[revocation] sesions: unknown key; did you mean sessions"),
    ],
)
def test_how_a_token_is_revoked_is_said_in_one_way(complaint, section, said):
    assert said in complaint(f"{GOOD}[revocation]\n{section}\n")


@pytest.mark.parametrize(
    ("url", "keys", "said"),
    [
        (ENDPOINT, "generate_client_certificate = true", "is for a url that begins wss://"),
        (ENDPOINT, 'client_certificate = "{pem}"', "is for a url that begins wss://"),
        (REMOTE, 'client_certificate = "none.pem"', "client_certificate none.pem cannot be read"),
        (REMOTE, 'client_certificate = "pyproject.toml"', "is no certificate in PEM with its key"),
        (REMOTE, 'client_key = "x"', "client_key is the key of no certificate"),
        (
            REMOTE,
            'client_certificate = "{pem}"\ngenerate_client_certificate = true',
            "do not go together; give one",
        ),
    ],
)
def test_what_clients_cannot_show_is_told(complaint, tmp_path, url, keys, said):
    made = issue(tmp_path)
    pem = tmp_path / "both.pem"
    pem.write_bytes(made.client.read_bytes() + made.client_key.read_bytes())
    keys = keys.replace("{pem}", str(pem))
    launch = LAUNCH if url == ENDPOINT else ""
    said_ = complaint(f"{HEAD}{url}{keys}\n{AUTH}{launch}")
    assert said_.startswith("[endpoint]: ")
    assert said in said_


def test_what_clients_show_goes_with_whom_they_trust(read, tmp_path):
    made = issue(tmp_path)
    keys = f'client_certificate = "{made.client}"\nclient_key = "{made.client_key}"\n'
    endpoint = read(HEAD + REMOTE + keys + '[auth]\ntoken_variable = "T"\n').endpoint
    assert made.client.read_text() in endpoint.authority
    assert endpoint.shows_own
    assert not endpoint.is_private
    assert endpoint.secured(made.authority).authority.startswith(made.authority.read_text())


KEYS = HEAD + REMOTE + '[auth]\nscheme = "api-key"\ntoken_variable = "KEY"\n'


def test_an_api_key_has_nothing_that_could_be_forged(read):
    target = read(KEYS)
    assert not {"mint", "entitlements", "rotation"} & target.capabilities
    for need in ("mint", "entitlements", "rotation"):
        assert "an API key has no signature, no claims and no expiry" in target.withheld[need]
    assert "mint" not in read(ONE_TOKEN).withheld


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ('scheme = "api-key"\ngenerate_key = true', "does not go with generate_key: nobody signs"),
        ('scheme = "api-key"\nkey_file = "x.pem"', "does not go with key_file"),
        ('scheme = "key"\ntoken_variable = "K"', "[auth] scheme = 'key'"),
        ('header = "X Api"\ntoken_variable = "K"', "must be the name of a header"),
    ],
)
def test_how_api_keys_are_shown_and_where_they_come_from(complaint, section, said):
    assert said in complaint(f"{HEAD}{REMOTE}[auth]\n{section}\n")


def test_each_place_for_a_token_has_a_name(read):
    auth = read(KEYS + 'token_locations = ["header", "query parameter"]\nheader = "Key"\n').auth
    names = ["header", "query parameter", "Authorization header", "first message"]
    assert [auth.carrier(each) for each in names] == ["Key", "token", "", ""]


def test_a_close_of_the_specification_may_be_declared_otherwise(read):
    text = GOOD + '[deviations]\n"token expired" = { code = 4001, reason = "expired" }\n'
    [(reason, other)] = read(text).deviations.items()
    assert (reason, other.code, other.reason) == ("token expired", 4001, "expired")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('"max connections" = { code = 4001 }', '"max connections" is fixed by the source plan'),
        ('"tokens expired" = { code = 4001 }', '"tokens expired" is not known'),
        ('"token expired" = { code = 1006 }', "1006 is no code that a close frame may have"),
        ('"token expired" = { code = 2999 }', "2999 is no code that a close frame may have"),
        ('"token expired" = { reason = "x" }', "code"),
    ],
)
def test_no_other_close_may(complaint, line, said):
    assert said in complaint(f"{GOOD}[deviations]\n{line}\n")


@pytest.mark.parametrize(
    "section", ["[coverage]\n", '[coverage]\nroutes = "app.py"\nexempt = "written in Go"\n']
)
def test_coverage_is_measured_or_exempt_and_not_both(complaint, section):
    said = complaint(GOOD + section)
    assert 'exempt = "why nothing can be measured", and not both' in said


@pytest.mark.parametrize(
    ("feed", "is_parted"),
    [
        ('kind = "redis-streams"', True),
        ('kind = "redis-streams"\nunderlying_channel = "ticker:options"', False),
        (
            'kind = "redis-streams"\n'
            'options_channel = "of.{symbol}"\nunderlying_channel = "of.{symbol}"',
            True,
        ),
        ('kind = "kafka"', True),
        ('kind = "kafka"\noptions_channel = "md"\nunderlying_channel = "md"', True),
        ('kind = "redis"', False),
        ('kind = "websocket"', False),
        ('kind = "websocket"\noptions_channel = "/a"\nunderlying_channel = "/b"', True),
        ('kind = "websocket"\noptions_channel = "/a"\nunderlying_channel = "/a"', False),
    ],
)
def test_two_streams_or_keys_promise_no_order_between_each_other(read, feed, is_parted):
    target = read(GOOD + f'[feed]\nbroker = "embedded"\n{feed}\n')
    assert target.feed.is_parted == is_parted


def test_a_time_zone_is_told_by_tz_unless_the_target_has_a_way_of_its_own(read):
    assert read(GOOD).setting("time zone").variable == "TZ"
    own = GOOD + '[settings]\n"time zone" = "ZONE"\n'
    assert read(own).setting("time zone").variable == "ZONE"
    slip = GOOD + '[settings]\n"time-zone" = "ZONE"\n'
    with pytest.raises(Broken, match='"time-zone": unknown setting; did you mean "time zone"'):
        read(slip).setting("time zone")
