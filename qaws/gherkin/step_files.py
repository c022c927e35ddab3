"""Step files: whether they load, and whether their Thens only check."""

from __future__ import annotations

import ast
import re
import traceback
from collections.abc import Iterator
from pathlib import Path

from behave import register_type
from behave.runner_util import load_step_modules

from qaws import places
from qaws.gherkin.types import TYPES
from qaws.verdict import Broken

ACTS = re.compile(
    r"\b(?:(?:re|dis)?connects?|(?:un|re)?subscribes?|publishes|(?:is|are) published)\b"
)
"""What a Then must not say that somebody does; "connected" and "last publish" are other matters."""


def load(folder: Path) -> None:
    """Load the step files of a folder.

    Raises:
        Broken: one of them does not load; the sentence says where and why.
    """
    register_type(**TYPES)
    try:
        load_step_modules([str(folder)])
    except SyntaxError as problem:
        at = f"{shown(Path(problem.filename or folder))}:{problem.lineno}"
        raise Broken(f"{at}: {problem.msg}") from None
    except Exception as problem:
        frames = traceback.extract_tb(problem.__traceback__)
        inside = [f for f in frames if Path(f.filename).resolve().is_relative_to(folder.resolve())]
        at = f"{shown(Path(inside[-1].filename))}:{inside[-1].lineno}" if inside else str(folder)
        said = " ".join(str(problem).split())
        raise Broken(f"{at}: {type(problem).__name__}: {said}") from None


def acting_thens(folder: Path) -> Iterator[str]:
    """Find Thens that say that somebody acts, or that call what a Given or a When calls.

    That is as far as the step files tell; what a function of `qaws.behaviours` does is its own.
    """
    calls: dict[str, dict[str, str]] = {"given": {}, "when": {}, "then": {}}
    for file in sorted(folder.glob("*.py")):
        for function in ast.parse(file.read_text("utf-8")).body:
            if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            called = {*_behaviours_in(function)}
            for kind, phrase in _phrases_of(function):
                at = f"{shown(file)}:{function.lineno}"
                calls[kind] |= dict.fromkeys(called, f'{at}: the Then "{phrase}"')
                plain = re.sub(r"\{.*?\}", "", phrase)
                if kind == "then" and (found := ACTS.search(plain)):
                    yield f'{at}: the Then "{phrase}" says that somebody acts: {found[0]}'
    acts = calls["given"] | calls["when"]
    for name, then in calls["then"].items():
        if name in acts:
            yield f"{then} calls {name}, which a Given or a When does: a Then only checks"


def _phrases_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[str, str]]:
    """Yield the kind and the words of each phrase that a step function stands for."""
    for decorator in function.decorator_list:
        match decorator:
            case ast.Call(
                func=ast.Name(id="given" | "when" | "then" as kind),
                args=[ast.Constant(value=str(phrase))],
            ):
                yield kind, phrase


def _behaviours_in(function: ast.AST) -> Iterator[str]:
    """Yield what a step function takes from modules, as "lifecycle.connect"; types aside."""
    for node in ast.walk(function):
        match node:
            case ast.Attribute(value=ast.Name(id=module), attr=name) if module != "context":
                if name.islower():
                    yield f"{module}.{name}"


def shown(path: Path) -> str:
    """Return a path as messages have it, from here or from the suite's folder on."""
    path = path.resolve()
    base = next((base for base in (Path.cwd(), places.SUITE) if path.is_relative_to(base)), None)
    return str(path.relative_to(base)) if base else str(path)
