"""`qaws init NAME`: writes targets/NAME.toml from flags, or from the answers to a few questions.

The file is read before it is kept, and probed at once where the service can be reached.
"""

from __future__ import annotations

import argparse
import re
import shutil
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import get_args
from urllib.parse import urlsplit

from qaws import places
from qaws.runner import repository, unproven
from qaws.runner.init_text import USUAL, names_of, text_of
from qaws.runner.probe import EXIT_BROKEN, EXIT_OK, probe
from qaws.runner.proposal.propose import propose
from qaws.sut.sections import FIRST_MESSAGE, TOKEN_LOCATIONS, Algorithm
from qaws.sut.spoken import dialect_of
from qaws.sut.target_file import read_target
from qaws.verdict import Broken, NotVerified

FOLDER = places.TARGETS
IN_HANDSHAKE = tuple(each for each in TOKEN_LOCATIONS if each != FIRST_MESSAGE)
"""Where a token may be shown in the dialect that is written."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
REACHED_WITHIN_S = 2.0
EXIT_USAGE = 2
KEPT = ".bak"
"""What is added to the name of a target file that another has replaced."""
Ask = Callable[[str], str]


def main(arguments: Sequence[str], ask: Ask = input) -> int:
    """Write the target file that the command line asks for; return the exit code."""
    given = _parser().parse_args(arguments)
    if not NAME.fullmatch(given.name):
        return _refused(f"{given.name}: is no name for a target: letters, digits, - _ . only")
    file = given.folder / f"{given.name}.toml"
    if given.header and "header" not in given.token_location:
        given.token_location.append("header")
    if file.exists() and not (given.replace or unproven.is_as_written(file)):
        return _refused(
            f"{file}: is there already; change it and run `qaws probe {file}`, or say --replace to "
            f"write it anew (it is kept as {file}{KEPT})"
        )
    if not given.url:
        if not sys.stdin.isatty() and ask is input:
            return _refused("--url is missing: ws://… or wss://…, with {port} if --command says it")
        try:
            _ask_for_all(given, ask)
        except (EOFError, KeyboardInterrupt):
            return _refused("nothing was written")
    try:
        if file.exists() and given.replace:
            _set_aside(file)
        is_for_a_team = given.folder == FOLDER and repository.is_for_a_team(Path())
        _keep(file, text_of(given))
        if is_for_a_team:
            for line in repository.lay_out(Path()):
                print(line)
            _keep(file, text_of(given))  # which names the schema that is there now
    except Broken as problem:
        return _refused(str(problem))
    print(f"wrote {file}{': it parses' if given.no_probe else ''}", flush=True)
    if given.no_probe:
        return EXIT_OK
    if not given.command and not _is_reachable(given.url):
        print(f"not probed: nobody listens at {given.url}; start it, then: qaws probe {file}")
        return EXIT_OK
    unknown = None if given.dialect else _propose(given, file)
    if unknown and not _may_be_qa_ws(file):
        print(f"\nBROKEN: {unknown}", file=sys.stderr, flush=True)
        code = EXIT_BROKEN
    else:
        code = probe(file, {}, _print)
    if code != EXIT_OK:
        unproven.note(file)
        _print(f"change {file} and run `qaws probe {file}`; or run qaws init again, as otherwise")
    return code


def _print(line: str) -> None:
    print(line, flush=True)


def _propose(given: argparse.Namespace, file: Path) -> Broken | NotVerified | None:
    """Look how the service speaks, and put its dialect into the file where that is not `qa-ws`.

    Returns:
        What kept it from that, None where nothing did.
    """
    former = file.read_text(encoding="utf-8")
    try:
        draft = propose(file, names_of(given), _print)
    except (Broken, NotVerified) as problem:
        return problem
    if not draft.text and draft.place in (given.token_location or [USUAL]):
        return None
    given.dialect_text, given.token_location = draft.text, [draft.place]
    try:
        _keep(file, text_of(given))
    except Broken as problem:
        file.write_text(former, encoding="utf-8")
        print(f"the dialect was not kept: {problem}", file=sys.stderr)
    return None


def _may_be_qa_ws(file: Path) -> bool:
    """Return whether a file that names no other dialect can be probed as one of `qa-ws`.

    Where what is published is not of that dialect, the probe would speak of nothing else.
    """
    try:
        dialect_of(read_target(file))
    except Broken:
        return False
    return True


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
    source.add_argument("--secret-variable", help="a variable with the secret of HS256 tokens")
    source.add_argument("--token-command", help="a command that prints a token")
    source.add_argument("--token-variable", help="an environment variable that holds a token")
    add("--algorithm", choices=get_args(Algorithm), metavar="NAME", help="RS256, HS256, EdDSA …")
    add("--key-set-url", metavar="URL", help="where the service fetches its keys on this machine")
    add("--issuer", help="iss of the tokens that the suite signs")
    add("--audience", help="aud of the tokens that the suite signs")
    add(
        "--token-location",
        action="append",
        choices=IN_HANDSHAKE,
        default=[],
        help="where clients show their token; once for each place",
    )
    add("--query-parameter", metavar="NAME", help="of a token in the address; default token")
    add("--header", metavar="NAME", help="clients show their token in a header of this name")
    add("--before-connect", type=Path, metavar="FILE", help="TOML with a table [before_connect]")
    add("--dialect", choices=("qa-ws",), help="what it speaks; left out: look, and propose one")
    add("--symbol", help="what the service calls a symbol that ticks; default NIFTY")
    add("--instrument", help="what it calls an instrument of that symbol; default 256265")
    add("--market", action="append", default=[], metavar="KEY=VALUE", help="exchange=NSE, say")
    add("--command", help='what starts it, as on a shell: "uvicorn app:app --port {port}"')
    add("--env", action="append", default=[], metavar="NAME=VALUE", help="a variable of its launch")
    add("--ready-path", help="a path that answers 200 when it is ready; default /health")
    add("--ready-log", help="a pattern of the line that it writes when it is ready")
    add(
        "--setting",
        action="append",
        default=[],
        metavar="SETTING=VARIABLE",
        help='which variable sets what scenarios change: "idle timeout=IDLE_TIMEOUT_S"',
    )
    add("--broker", help='"embedded", or its address; left out: no ticks can be published')
    add("--binds", choices=("suite", "service"), help="who binds where there is no broker: ZeroMQ")
    add(
        "--channels",
        metavar="OPTIONS,BARS",
        default="ticker:options,ticker:underlying",
        help="where ticks are published; default %(default)s",
    )
    add("--payload", metavar="JSON", help='what is published: {"s": "{symbol}", …}')
    add("--statistics", metavar="PATH", help="where it tells its counts: /ws/stats")
    add(
        "--statistics-names",
        metavar="A,B",
        default="active_connections,total_subscriptions",
        help="what it calls them there; default %(default)s",
    )
    add(
        "--statistics-header",
        action="append",
        default=[],
        metavar="NAME:VALUE",
        help="a header that opens them",
    )
    add("--folder", type=Path, default=FOLDER, help=f"default: {FOLDER}")
    add("--replace", action="store_true", help=f"write over one that is there, kept as …{KEPT}")
    add("--no-probe", action="store_true", help="write the file and leave it at that")
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
    has_source = given.generate_key or given.key_file or given.secret_variable
    has_source = has_source or given.token_command or given.token_variable
    for name, question in QUESTIONS:
        if not getattr(given, name) and not (name == "token_variable" and has_source):
            setattr(given, name, ask(question).strip())
    if not given.url:
        raise EOFError


def _keep(file: Path, text: str) -> None:
    """Write a target file; one that does not read is not kept, nor is a folder made for it.

    Where there was another before, that is there again then.
    """
    had_folder = file.parent.is_dir()
    try:
        former = file.read_bytes() if file.exists() else None
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as problem:
        raise Broken(f"{file}: cannot be written: {problem.strerror}") from None
    try:
        read_target(file)
    except BaseException:
        if former is None:
            file.unlink()
        else:
            file.write_bytes(former)
        if not had_folder:
            with suppress(OSError):
                file.parent.rmdir()
        raise


def _set_aside(file: Path) -> None:
    """Keep a copy of a target file beside it."""
    try:
        shutil.copy2(file, f"{file}{KEPT}")
    except OSError as problem:
        raise Broken(f"{file}{KEPT}: cannot be written: {problem.strerror}") from None


def _is_reachable(url: str) -> bool:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "wss" else 80)
    try:
        socket.create_connection((parts.hostname or "", port), REACHED_WITHIN_S).close()
    except OSError:
        return False
    return True
