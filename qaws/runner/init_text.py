"""The text of a target file, as `qaws init` writes it from its flags."""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

from qaws.protocol.market import chain_of
from qaws.runner import repository
from qaws.runner.proposal.seen import Names
from qaws.runner.proposal.table import inline, key
from qaws.sut.sections import TOKEN_LOCATIONS, Auth
from qaws.verdict import Broken

USUAL = TOKEN_LOCATIONS[0]
HEADER_VARIABLE = "QAWS_AUTH__HEADER"
DEFAULT_HEADER = str(Auth.model_fields["header"].default)
LOOPBACK = ("127.0.0.1", "localhost", "::1")
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
# client_certificate = "qa.pem"      # what clients show where it asks them for a certificate
# heartbeats = ["heartbeat"]         # messages that it sends of its own accord, to be passed over
"""
AUTH = """
[auth]
token_locations = {locations}
{names}
{source}
# scheme = "api-key"                 # where it wants API keys and no JWT
# entitlement_claim = "symbols"      # the claim that lists the symbols a client may see
{before}# [revocation]                       # how a token is revoked
# url = "https://issuer.example/revoke"
"""
BEFORE = """\
# [before_connect]                   # what it wants asked over HTTP before each connection
# url = "/ticket"                    # docs/targets.md, "A ticket before each connection"
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
        names="\n".join(_names_of_token(given)),
        source="\n".join(_source(given)),
        before=_before(given),
    )
    text += _launch(given)
    settings = dict(_pair("--setting", each) for each in given.setting)
    lines = [f"{inline(name)} = {inline(variable)}" for name, variable in settings.items()]
    lines += [f'# "{k}" = {v}' for k, v in SETTING_EXAMPLES.items() if k not in settings]
    text += SETTINGS.format(settings="\n".join(lines))
    if given.broker:
        options, bars = _two("--channels", given.channels)
        text += FEED.format(
            broker="\nbinds = ".join(inline(each) for each in (given.broker, given.binds) if each),
            options=inline(options),
            underlying=inline(bars),
            payload=_payload(given),
        )
    else:
        text += NO_FEED
    return text + _statistics(given) + (given.dialect_text and f"\n{given.dialect_text}")


def _names_of_token(given: argparse.Namespace) -> list[str]:
    """Return the lines about what a token is called where clients show it.

    A header's name may come from the variable that overrides it: without a line, the file would be
    right only for as long as that is set.
    """
    places = given.token_location or [USUAL]
    header = given.header or os.environ.get(HEADER_VARIABLE) or DEFAULT_HEADER
    lines = [f"header = {inline(header)}"] if "header" in places else []
    if given.query_parameter or USUAL in places:
        lines.append(f"query_parameter = {inline(given.query_parameter or 'token')}")
    if not lines:
        lines = ['# header = "X-Api-Key"             # with "header" in token_locations']
    return lines


def _before(given: argparse.Namespace) -> str:
    """Return the tables about what is asked before a connection, as their file has them."""
    if given.before_connect is None:
        return BEFORE
    file: Path = given.before_connect
    try:
        text = file.read_text(encoding="utf-8")
        tables = list(tomllib.loads(text))
    except (OSError, ValueError) as problem:
        raise Broken(f"--before-connect {file}: cannot be read: {problem}") from None
    if tables != ["before_connect"]:
        raise Broken(
            f"--before-connect {file}: has {', '.join(tables) or 'nothing'}; it should have "
            "[before_connect], or several [[before_connect]], and nothing else"
        )
    return f"\n{text.strip()}\n\n"


def _market(given: argparse.Namespace) -> str:
    """Return the table of names, "" where the service has the features' own."""
    if not (given.symbol or given.instrument or given.market):
        return ""
    names = names_of(given)
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
    lines = ["generate_key = true"]
    if given.key_file or given.secret_variable:
        name = "key_file" if given.key_file else "secret_variable"
        lines = [f"{name} = {inline(given.key_file or given.secret_variable)}"]
    lines += _key_set(given)
    for name in ("algorithm", "issuer", "audience"):
        value = getattr(given, name)
        lines.append(f"{name} = {inline(value)}" if value else f'# {name} = "…"')
    return lines


def _has_secret(given: argparse.Namespace) -> bool:
    return bool(given.algorithm and given.algorithm.startswith("HS"))


def _key_set(given: argparse.Namespace) -> list[str]:
    """Return the lines about where the suite serves the key set, where a service fetches it.

    Raises:
        Broken: the suite cannot serve it there.
    """
    if not given.key_set_url:
        return []
    parts = urlsplit(given.key_set_url)
    if parts.scheme not in ("http", "https") or parts.hostname not in LOOPBACK or not parts.port:
        raise Broken(
            f"--key-set-url {given.key_set_url!r}: must be an address of this machine with a port, "
            "such as http://127.0.0.1:8001/jwks.json"
        )
    lines = [f"key_set = {inline(parts.scheme)}", f"key_set_port = {parts.port}"]
    return [*lines, f"key_set_path = {inline(parts.path or '/')}"]


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
    of_keys = '# SECRET = "{secret}"' if _has_secret(given) else '# KEY_SET = "{jwks_file}"'
    examples = ['# FEED_URL = "{broker_url}"', of_keys]
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


def names_of(given: argparse.Namespace) -> Names:
    """Return what NIFTY is called, as far as flags say."""
    return Names(
        given.symbol or "NIFTY",
        _number_or_text(given.instrument) if given.instrument else chain_of("NIFTY")[0],
        dict(_pair("--market", each) for each in given.market),
    )


def _number_or_text(text: str) -> int | str:
    return int(text) if re.fullmatch(r"0|[1-9]\d*", text) else text
