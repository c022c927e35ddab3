"""Reads a target file: TOML, overrides, and what is wrong with them in one line."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast, get_args

from pydantic import BaseModel, ValidationError

from qaws.protocol.dialect_table import DialectTable
from qaws.protocol.openings import names_token
from qaws.protocol.sign_table import Sign
from qaws.sut.before_connect_section import BeforeConnect, Take
from qaws.sut.feed_section import Feed
from qaws.sut.launch_sections import (
    LAUNCH_PLACEHOLDERS,
    PLACEHOLDERS,
    PROXY_PLACEHOLDERS,
    SETTINGS,
    Launch,
    Proxy,
    Setting,
)
from qaws.sut.revocation_section import TOKEN_PLACEHOLDERS, Revocation
from qaws.sut.section import Section
from qaws.sut.sections import (
    FIRST_MESSAGE,
    Auth,
    Coverage,
    Demo,
    Endpoint,
    Grants,
    Statistics,
    Version,
)
from qaws.sut.target import ALIKE, Target
from qaws.verdict import Broken

ENVIRONMENT_PREFIX = "QAWS_"
OF_THE_FILE = ("name", "dialect", "declines")
"""Keys that are in no section: TOML puts them into the last one where they stand below it."""


def read_target(
    file: Path,
    overrides: Mapping[str, str] | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Target:
    """Read a target file and apply overrides.

    Args:
        file: path of the TOML file.
        overrides: dotted key → text, as from `-D feed.broker=redis://…`; keys without a dot are
            not about the target and are ignored.
        environment: variables; `QAWS_FEED__BROKER` overrides `feed.broker`.

    Raises:
        Broken: the file is missing, is not TOML, has an unknown key or a bad value. The message is
            one line that names the file, the key, the value and the way out.
    """
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        near = sorted(path.name for path in file.parent.glob("*.toml")) if file.parent else []
        there = f"{file.parent} has {', '.join(near)}" if near else f"{file.parent} has no target"
        raise Broken(f"{file}: no such target file; {there}; choose with -D target=FILE") from None
    except OSError as problem:
        raise Broken(f"{file}: cannot be read: {problem.strerror}") from None
    except UnicodeDecodeError as problem:
        raise Broken(f"{file}: cannot be read: {problem}; save it as UTF-8") from None
    except tomllib.TOMLDecodeError as problem:
        raise Broken(f"{file}: is not TOML: {problem}") from None

    for key, text in environment.items():
        if key.startswith(ENVIRONMENT_PREFIX) and "__" in key:
            dotted = key.removeprefix(ENVIRONMENT_PREFIX).lower().replace("__", ".")
            _override(data, dotted, text, f"{key}={text}")
    for dotted, text in (overrides or {}).items():
        if "." in dotted:
            _override(data, dotted, text, f"-D {dotted}={text}")
    try:
        target = Target.model_validate({**data, "file": file})
    except ValidationError as problem:
        raise Broken(f"{file}: {_first_problem(problem, data)}") from None
    _check_placeholders(target)
    _check_settings(target)
    _check_ready_log(target)
    _check_grants(target)
    _check_first_message(target)
    if target.launch and target.feed and target.feed.binds == "service":
        raise Broken(
            f'{file}: [feed] binds = "service": the suite starts services side by side, and only '
            "one of them could bind the address; leave out [launch], and start it yourself"
        )
    return target


def _override(data: dict[str, Any], dotted: str, text: str, shown: str) -> None:
    section, _, key = dotted.partition(".")
    fields = _model_of(section)
    if fields is None or key not in fields.model_fields:
        known = [f"{s}.{k}" for s, m in _SECTIONS.items() for k in m.model_fields]
        raise Broken(f"{shown}: no such key in a target file{_did_you_mean(dotted, known)}")
    wants_list = "list" in str(fields.model_fields[key].annotation)
    table = data.setdefault(section, {})
    if isinstance(table, list):
        if len(table) != 1:
            raise Broken(
                f"{shown}: there are {len(table)} of [[{section}]], and nothing says which; change "
                "it in the file"
            )
        table = table[0]
    if isinstance(table, dict):  # what is none is found by the validation
        table[key] = text.split() if wants_list else text


_SECTIONS: dict[str, type[Section]] = {
    "endpoint": Endpoint,
    "auth": Auth,
    "before_connect": BeforeConnect,
    "revocation": Revocation,
    "launch": Launch,
    "proxy": Proxy,
    "feed": Feed,
    "statistics": Statistics,
    "grants": Grants,
    "demo": Demo,
    "coverage": Coverage,
    "version": Version,
}


def _model_of(section: str) -> type[Section] | None:
    return _SECTIONS.get(section)


_WITHIN: dict[str, type[BaseModel]] = {"take": Take, "sign": Sign}
"""Tables of [before_connect] with tables in them → what these are."""


def _first_problem(problem: ValidationError, data: Mapping[str, Any]) -> str:
    """Say the first problem of a validation in one line, in the words of the file."""
    said, path = _said_of(problem, data)
    within = [each for each in path if not each.isdigit()]
    misplaced = within[-1] if len(within) > 1 else ""
    if misplaced == "declines" or (misplaced in OF_THE_FILE and "unknown key" in said):
        return f"{said}; `{misplaced}` belongs above the first [section]"
    return said


def _said_of(problem: ValidationError, data: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Return a problem in one line, and the keys that lead to it."""
    problems = problem.errors()  # a key that is misspelt explains one that is missing
    error = next((p for p in problems if p["type"] == "extra_forbidden"), problems[0])
    path = [str(part) for part in error["loc"] if part != DialectTable.__name__]
    if path[0] == "dialect" and len(path) > 1:
        return _dialect_problem(path, error), path
    step = ""
    if path[0] == "before_connect" and len(path) > 1 and path[1].isdigit():
        given = data["before_connect"]
        several = isinstance(given, list) and len(given) > 1
        step = f"step {int(path[1]) + 1}, " if several else ""
        del path[1]
    place = f"[{path[0]}] {step}{'.'.join(path[1:])}".strip() if len(path) > 1 else path[0]
    if path and path[0] in _SECTIONS and len(path) == 1:
        place = f"[{path[0]}] {step}".removesuffix(", ").strip()
    if error["type"] == "extra_forbidden":
        sections: dict[str, type[BaseModel]] = {**_SECTIONS, "settings": Setting}
        owner = sections.get(path[0]) if len(path) > 1 else Target
        if len(path) > 2 and path[0] == "before_connect":
            owner = _WITHIN.get(path[1], owner)
        known = list(owner.model_fields) if owner else []
        known = [name for name in known if name != "file"]
        return f"{place}: unknown key{_did_you_mean(path[-1], known)}", path
    if error["type"] == "missing":
        return f"{place} is missing", path
    reason = error["msg"].removeprefix("Value error, ")
    if error["type"] == "string_pattern_mismatch":
        fields = _SECTIONS[path[0]].model_fields
        field = next(fields[name] for name in path[1:] if name in fields)
        reason = f"must be {field.description}"
    # What stands before an @ may be a password, also in an address that is none.
    value = re.sub(r"[^'/@\s]*@", "***@", repr(error["input"]))
    shown = "" if error["type"] == "value_error" else f" = {value}"
    return f"{place}{shown}: {reason[0].lower()}{reason[1:]}", path


def _dialect_problem(path: list[str], error: Any) -> str:
    """Say the first problem of a dialect in one line: tables within tables, lists of tables."""
    numbered = re.sub(r"\.(\d+)(?=\.|$)", r"[\1]", ".".join(path[:-1]))
    reason = error["msg"].removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        owner = _model_at(path[:-1])
        return f"[{numbered}] {path[-1]}: unknown key{_did_you_mean(path[-1], list(owner))}"
    if error["type"] == "missing":
        return f"[{numbered}] {path[-1]} is missing; docs/dialects.md"
    shown = "" if error["type"] == "value_error" else f" = {error['input']!r}"
    return f"[{numbered}] {path[-1]}{shown}: {reason[0].lower()}{reason[1:]}"


def _model_at(path: list[str]) -> Iterable[str]:
    """Return the keys of the table of a dialect that a path leads to."""
    model: Any = DialectTable
    for name in path[1:]:
        if name in model.model_fields:  # and no number of a list, nor the name of a signature
            annotation = model.model_fields[name].annotation
            kinds = [k for k in get_args(annotation) or (annotation,) if isinstance(k, type)]
            model = next((kind for kind in kinds if issubclass(kind, BaseModel)), model)
    return cast(Iterable[str], model.model_fields)


def _did_you_mean(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]}?" if close else f"; known are {', '.join(sorted(known))}"


def _check_placeholders(target: Target) -> None:
    _require_placeholders(target, "[endpoint] url", target.endpoint.url, ["port"])
    for text in target.demo.generator if target.demo else []:
        _require_placeholders(target, "[demo]", text, PLACEHOLDERS)
    for text in target.revocation.texts if target.revocation else []:
        _require_placeholders(target, "[revocation]", text, {**PLACEHOLDERS, **TOKEN_PLACEHOLDERS})
    if target.launch is None:
        if "{port}" in target.endpoint.url:
            raise Broken(f"{target.file}: [endpoint] url: {{port}} needs a [launch] section")
        return
    for text in (*target.proxy.command, *target.proxy.environment.values()) if target.proxy else ():
        _require_placeholders(target, "[proxy]", text, PROXY_PLACEHOLDERS)
    told = "(?P<port>" in (target.launch.ready_log or "")
    texts = [*target.launch.command, *target.launch.environment.values()]
    for text in texts:
        _require_placeholders(target, "[launch]", text, LAUNCH_PLACEHOLDERS)
    if (not target.feed or target.feed.url) and target.launch.reads("broker_url"):
        raise Broken(
            f"{target.file}: [launch] has {{broker_url}}, but there is no [feed] that names a "
            'broker; add [feed] broker = "embedded", or give the service the address of its own'
        )
    if target.launch.reads("jwks_url") and not target.auth.is_served:
        raise Broken(
            f'{target.file}: [launch] has {{jwks_url}}, but [auth] key_set is "file"; say '
            'key_set = "http" or "https"'
        )
    is_told = any("{port}" in text for text in texts)
    if is_told and "{port}" not in target.endpoint.url and not target.endpoint.behind_proxy:
        raise Broken(
            f"{target.file}: [launch] has {{port}}, a port that the suite finds free at each start,"
            f" but [endpoint] url = {target.endpoint.url!r} has another; put {{port}} there too"
        )
    if "{port}" in target.endpoint.url and not told and not is_told:
        raise Broken(
            f"{target.file}: [endpoint] url has {{port}}, but nothing tells the port: put {{port}} "
            "into the launch section, or a group (?P<port>...) into ready_log"
        )


def _require_placeholders(target: Target, place: str, text: str, known: Iterable[str]) -> None:
    names = list(known)
    try:
        text.format(**dict.fromkeys(names, ""))
    except (KeyError, IndexError, ValueError, AttributeError):
        raise Broken(
            f"{target.file}: {place} {text!r}: known placeholders are "
            + ", ".join(f"{{{name}}}" for name in names)
        ) from None


def _check_settings(target: Target) -> None:
    """Refuse a setting whose name is nearly one of the features'; others may be a team's own."""
    for name in target.settings.keys() - set(SETTINGS):
        rest = [each for each in SETTINGS if each not in target.settings]
        for near in difflib.get_close_matches(name, rest, n=1, cutoff=ALIKE):
            raise Broken(
                f'{target.file}: [settings] "{name}": unknown setting; did you mean "{near}"?'
            )


def _check_ready_log(target: Target) -> None:
    pattern = target.launch.ready_log if target.launch else None
    try:
        re.compile(pattern or "")
    except re.error as problem:
        raise Broken(
            f"{target.file}: [launch] ready_log = {pattern!r}: is no regular expression: {problem}"
        ) from None


def _check_first_message(target: Target) -> None:
    """Require words for a first message where that is to show the token."""
    says = not isinstance(target.dialect, str) and names_token(target.dialect)
    if FIRST_MESSAGE in target.auth.token_locations and not says:
        raise Broken(
            f'{target.file}: [auth] token_locations has "{FIRST_MESSAGE}", and the dialect '
            f"{target.speaks} says none: put {{token}} into a [[dialect.open]]; docs/dialects.md"
        )


def _check_grants(target: Target) -> None:
    """Require the means to stop a broker where the suite may stop one that it did not start."""
    grants = target.grants
    if grants.outage and target.feed and not target.feed.is_ours:
        lacking = [name for name in ("stop_broker", "start_broker") if not getattr(grants, name)]
        if lacking:
            raise Broken(
                f"{target.file}: [grants] outage = true: needs {' and '.join(lacking)}, the "
                'commands for a broker that the suite did not start, or broker = "embedded"'
            )
