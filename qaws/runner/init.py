"""`qaws init NAME`: writes targets/NAME.toml from flags, or from the answers to a few questions.

The file is read before it is kept, and probed at once where the service can be reached.
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from qaws import places
from qaws.protocol.market import chain_of
from qaws.runner import repository
from qaws.runner.probe import EXIT_OK, probe
from qaws.runner.proposal.propose import propose
from qaws.runner.proposal.seen import Names
from qaws.runner.proposal.table import inline, key
from qaws.sut.sections import FIRST_MESSAGE, TOKEN_LOCATIONS
from qaws.sut.target_file import read_target
from qaws.verdict import Broken, NotVerified

FOLDER = places.TARGETS
IN_HANDSHAKE = tuple(each for each in TOKEN_LOCATIONS if each != FIRST_MESSAGE)
"""Where a token may be shown in the dialect that is written."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
USUAL = TOKEN_LOCATIONS[0]
REACHED_WITHIN_S = 2.0
EXIT_USAGE = 2
Ask = Callable[[str], str]
SCHEMA = "docs/target.schema.json"
"""Where editors find the keys of a target file in the project, from the folder above its own."""

HEAD = """\
{schema}# What the acceptance suite knows of {name}. docs/targets.md explains every key; what has
# a # in front is left out, and the scenarios that need it are not verified.
name = {quoted}
{dialect}"""
MARKET = """\

# What the features call NIFTY → what the service calls it. Add BANKNIFTY and NIFTYNXT50, of which
# they speak as others: rows about symbols that are not there are not verified.
[market]
NIFTY = {{ {listed} }}
"""
ENDPOINT = """
[endpoint]
url = {url}
# idle_timeout_s = 300               # after which it closes a client that says nothing
# heartbeats = ["heartbeat"]         # messages that it sends of its own accord, to be passed over
"""
AUTH = """
[auth]
token_locations = {locations}
query_parameter = {parameter}
{source}
# entitlement_claim = "symbols"      # the claim that lists the symbols a client may see
"""
LAUNCH = """
# How it is started. {{port}}, {{broker_url}}, {{jwks_file}}, {{folder}}, {{python}} are filled in.
[launch]
command = {command}
{ready}
# log_files = ["logs/service.log"]   # where it logs besides its output

[launch.environment]
{environment}
"""
NO_LAUNCH = """
# Without [launch] the suite talks to the service that runs at url, and nothing is verified that
# needs a restart, a setting, or a look at its process.
# [launch]
# command = ["python", "-m", "yours", "--port", "{port}"]
# ready_path = "/health"
"""
SETTINGS = """
# What the features call a setting → the variable that sets it.
[settings]
{settings}
"""
FEED = """
[feed]
broker = {broker}
options_channel = {options}
underlying_channel = {underlying}
{payload}"""
NO_FEED = """
# Without [feed] no tick can be published.
# [feed]
# broker = "redis://127.0.0.1:6379/0"
"""
STATISTICS = """
[statistics]
path = {path}
connections = {connections}
subscriptions = {subscriptions}
{headers}
"""
NO_STATISTICS = """
# [statistics]
# path = "/ws/stats"
"""
SETTING_EXAMPLES = {
    "connection limit": '"MAX_CONNECTIONS"',
    "idle timeout": '{ variable = "IDLE_MS", factor = 1000 }',
    "log level": '"LOG_LEVEL"',
    "keepalive": '"KEEPALIVE_S"',
    "allow-list": '"ALLOWED_ORIGINS"',
    "user limit": '"MAX_CONNECTIONS_PER_USER"',
}


def main(arguments: Sequence[str], ask: Ask = input) -> int:
    """Write the target file that the command line asks for; return the exit code."""
    given = _parser().parse_args(arguments)
    if not NAME.fullmatch(given.name):
        return _refused(f"{given.name}: is no name for a target: letters, digits, - _ . only")
    file = given.folder / f"{given.name}.toml"
    if file.exists():
        return _refused(f"{file}: is there already; choose another name, or delete it")
    if not given.url:
        if not sys.stdin.isatty() and ask is input:
            return _refused("--url is missing: ws://… or wss://…, with {port} if --command says it")
        try:
            _ask_for_all(given, ask)
        except (EOFError, KeyboardInterrupt):
            return _refused("nothing was written")
    try:
        if given.folder == FOLDER and repository.is_for_a_team(Path()):
            for line in repository.lay_out(Path()):
                print(line)
        text = text_of(given)
        _keep(file, text)
    except Broken as problem:
        return _refused(str(problem))
    print(f"wrote {file}{': it parses' if given.no_probe else ''}", flush=True)
    if given.no_probe:
        return EXIT_OK
    if not given.command and not _is_reachable(given.url):
        print(f"not probed: nobody listens at {given.url}; start it, then: qaws probe {file}")
        return EXIT_OK
    if not given.dialect:
        _propose(given, file)
    return probe(file, {}, _print)


def _print(line: str) -> None:
    print(line, flush=True)


def _propose(given: argparse.Namespace, file: Path) -> None:
    """Look how the service speaks, and put its dialect into the file where that is not `qa-ws`."""
    former = file.read_text(encoding="utf-8")
    try:
        draft = propose(file, _names(given), _print)
    except (Broken, NotVerified):
        return  # which the probe tells, in its own words
    if draft is None or (not draft.text and draft.place in (given.token_location or [USUAL])):
        return
    given.dialect_text, given.token_location = draft.text, [draft.place]
    try:
        _keep(file, text_of(given))
    except Broken as problem:
        file.write_text(former, encoding="utf-8")
        print(f"the dialect was not kept: {problem}", file=sys.stderr)


def _names(given: argparse.Namespace) -> Names:
    """Return what NIFTY is called, as far as flags say."""
    return Names(
        given.symbol or "NIFTY",
        _number_or_text(given.instrument) if given.instrument else chain_of("NIFTY")[0],
        dict(_pair("--market", each) for each in given.market),
    )


def _number_or_text(text: str) -> int | str:
    return int(text) if re.fullmatch(r"0|[1-9]\d*", text) else text


def _refused(sentence: str) -> int:
    print(f"qaws init: {sentence}", file=sys.stderr)
    return EXIT_USAGE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="qaws init",
        allow_abbrev=False,
        description="Write targets/NAME.toml and probe it. Without --url it asks, on a terminal.",
    )
    add = parser.add_argument
    add("name", metavar="NAME")
    add("--url", help="ws://127.0.0.1:{port}/ws or wss://ticks.example/ws")
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--generate-key", action="store_true", help="the suite makes a key pair")
    source.add_argument("--key-file", help="a PEM private key to sign tokens with")
    source.add_argument("--token-command", help="a command that prints a token")
    source.add_argument("--token-variable", help="an environment variable that holds a token")
    add("--algorithm", choices=("RS256", "ES256"))
    add("--issuer", help="iss of the tokens that the suite signs")
    add("--audience", help="aud of the tokens that the suite signs")
    add("--token-location", action="append", choices=IN_HANDSHAKE, default=[])
    add("--query-parameter", default="token")
    add("--dialect", choices=("qa-ws",), help="what it speaks; left out: look, and propose one")
    add("--symbol", help="what the service calls a symbol that ticks; default NIFTY")
    add("--instrument", help="what it calls an instrument of that symbol; default 256265")
    add("--market", action="append", default=[], metavar="KEY=VALUE", help="exchange=NSE, say")
    add("--command", help='what starts it, as on a shell: "uvicorn app:app --port {port}"')
    add("--env", action="append", default=[], metavar="NAME=VALUE", help="a variable of its launch")
    add("--ready-path", help="a path that answers 200 when it is ready; default /health")
    add("--ready-log", help="a pattern of the line that it writes when it is ready")
    add("--setting", action="append", default=[], metavar="SETTING=VARIABLE")
    add("--broker", help='"embedded", or its address; left out: no ticks can be published')
    add("--channels", metavar="OPTIONS,BARS", default="ticker:options,ticker:underlying")
    add("--payload", metavar="JSON", help='what is published: {"s": "{symbol}", …}')
    add("--statistics", metavar="PATH", help="where it tells its counts: /ws/stats")
    add("--statistics-names", metavar="A,B", default="active_connections,total_subscriptions")
    add("--statistics-header", action="append", default=[], metavar="NAME:VALUE")
    add("--folder", type=Path, default=FOLDER, help=f"default: {FOLDER}")
    add("--no-probe", action="store_true")
    parser.set_defaults(dialect_text="")
    return parser


QUESTIONS = (
    ("url", "Address of the service (ws://127.0.0.1:{port}/ws, wss://ticks.example/ws): "),
    ("command", "Command that starts it, with {port} where it belongs (empty: it runs already): "),
    ("token_variable", "Environment variable with a good token (empty: the suite makes a key): "),
    ("broker", "Broker that feeds it: embedded, or redis://…, nats://… (empty: none): "),
    ("statistics", "Path where it tells its counts (empty: none): "),
)


def _ask_for_all(given: argparse.Namespace, ask: Ask) -> None:
    """Ask for what no flag has said."""
    has_source = given.generate_key or given.key_file or given.token_command or given.token_variable
    for name, question in QUESTIONS:
        if not getattr(given, name) and not (name == "token_variable" and has_source):
            setattr(given, name, ask(question).strip())
    if not given.url:
        raise EOFError


def text_of(given: argparse.Namespace) -> str:
    """Return the text of a target file.

    Raises:
        Broken: a flag is not of the form that it must have.
    """
    dialect = "" if given.dialect_text else 'dialect = "qa-ws"\n'
    schema = ""
    if (given.folder.parent / SCHEMA).is_file():
        schema = f"#:schema ../{SCHEMA}\n"
    elif (given.folder / repository.SCHEMA).is_file():
        schema = f"#:schema {repository.SCHEMA}\n"
    text = HEAD.format(schema=schema, name=given.name, quoted=inline(given.name), dialect=dialect)
    text += _market(given)
    text += ENDPOINT.format(url=inline(given.url))
    text += AUTH.format(
        locations=inline(given.token_location or [USUAL]),
        parameter=inline(given.query_parameter),
        source="\n".join(_source(given)),
    )
    text += _launch(given)
    settings = dict(_pair("--setting", each) for each in given.setting)
    lines = [f"{inline(name)} = {inline(variable)}" for name, variable in settings.items()]
    lines += [f'# "{k}" = {v}' for k, v in SETTING_EXAMPLES.items() if k not in settings]
    text += SETTINGS.format(settings="\n".join(lines))
    if given.broker:
        options, bars = _two("--channels", given.channels)
        text += FEED.format(
            broker=inline(given.broker),
            options=inline(options),
            underlying=inline(bars),
            payload=_payload(given),
        )
    else:
        text += NO_FEED
    return text + _statistics(given) + (given.dialect_text and f"\n{given.dialect_text}")


def _market(given: argparse.Namespace) -> str:
    """Return the table of names, "" where the service has the features' own."""
    if not (given.symbol or given.instrument or given.market):
        return ""
    names = _names(given)
    listed = {"symbol": names.symbol, **names.further, "instruments": [names.instrument]}
    return MARKET.format(listed=", ".join(f"{key(k)} = {inline(v)}" for k, v in listed.items()))


def _payload(given: argparse.Namespace) -> str:
    """Return the line about what is published."""
    if not given.payload:
        return '# option_payload = { s = "{symbol}" }   # where that is no tick of qa-ws\n'
    try:
        template = json.loads(given.payload)
    except ValueError:
        raise Broken(f"--payload {given.payload!r}: must be JSON") from None
    try:
        return f"option_payload = {inline(template)}\n"
    except ValueError as problem:
        raise Broken(f"--payload {given.payload!r}: {problem}; leave that member out") from None


def _statistics(given: argparse.Namespace) -> str:
    if not given.statistics:
        return NO_STATISTICS
    connections, subscriptions = _two("--statistics-names", given.statistics_names)
    headers = [_pair("--statistics-header", each, ":") for each in given.statistics_header]
    shown = ", ".join(f"{key(name)} = {inline(value)}" for name, value in headers)
    return STATISTICS.format(
        path=inline(given.statistics),
        connections=inline(connections),
        subscriptions=inline(subscriptions),
        headers=f"headers = {{ {shown} }}" if shown else '# headers = { X-Api-Key = "…" }',
    )


def _source(given: argparse.Namespace) -> list[str]:
    """Return the lines about where tokens come from."""
    if given.token_variable:
        return [f"token_variable = {inline(given.token_variable)}"]
    if given.token_command:
        return [f"token_command = {inline(_words('--token-command', given.token_command))}"]
    lines = [f"key_file = {inline(given.key_file)}" if given.key_file else "generate_key = true"]
    for name in ("algorithm", "issuer", "audience"):
        value = getattr(given, name)
        lines.append(f"{name} = {inline(value)}" if value else f'# {name} = "…"')
    return lines


def _launch(given: argparse.Namespace) -> str:
    if not given.command:
        return NO_LAUNCH
    ready = [
        f"{name} = {inline(value)}"
        for name, value in (("ready_log", given.ready_log), ("ready_path", given.ready_path))
        if value
    ]
    variables = [_pair("--env", each) for each in given.env]
    lines = [f"{key(name)} = {inline(value)}" for name, value in variables]
    examples = ['# FEED_URL = "{broker_url}"', '# KEY_SET = "{jwks_file}"']
    return LAUNCH.format(
        command=inline(_words("--command", given.command)),
        ready="\n".join(ready or ['ready_path = "/health"']),
        environment="\n".join(lines or examples),
    )


def _words(flag: str, text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as problem:
        raise Broken(f"{flag} {text!r}: is no command of a shell: {problem}") from None


def _pair(flag: str, text: str, by: str = "=") -> tuple[str, str]:
    name, found, value = text.partition(by)
    if not found or not name.strip():
        raise Broken(f"{flag} {text!r}: must be NAME{by}VALUE")
    return name.strip(), value.strip()


def _two(flag: str, text: str) -> tuple[str, str]:
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 2 or not all(parts):
        raise Broken(f"{flag} {text!r}: must be two names with a comma between them")
    return parts[0], parts[1]


def _keep(file: Path, text: str) -> None:
    """Write a target file; one that does not read is not kept."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as problem:
        raise Broken(f"{file}: cannot be written: {problem.strerror}") from None
    try:
        read_target(file)
    except BaseException:
        file.unlink()
        raise


def _is_reachable(url: str) -> bool:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "wss" else 80)
    try:
        socket.create_connection((parts.hostname or "", port), REACHED_WITHIN_S).close()
    except OSError:
        return False
    return True
