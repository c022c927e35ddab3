"""A sentence means its words: each Then is held by a test with a counter-example.

Which check a Then makes, its step function says; a test is a counter-example of that check where it
uses it, itself or through a helper of its module, and wants it refuted.
"""

import ast
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest

from qaws.gherkin.trace import calls_of

ROOT = Path(__file__).resolve().parents[2]
CHECKS = calls_of(ROOT / "features" / "steps")
MODULES = {file.stem for file in (ROOT / "qaws" / "behaviours").glob("*.py")}
SAYS = {"deviations.tell"}
"""What refutes nothing: it says at the end what a verdict rests on."""
REFUTES = {"Refuted", "refuted", "wrong"}
"""What a counter-example uses: the exception, or a fixture that wants it raised."""


def names_in(node: ast.AST) -> Iterator[str]:
    """Yield every name that a piece of code uses: plain, as "closes.refused", or as a fixture."""
    for each in ast.walk(node):
        if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name):
            yield f"{each.value.id}.{each.attr}"
        elif isinstance(each, ast.Name):
            yield each.id
        elif isinstance(each, ast.arg):
            yield each.arg


def called(tree: ast.Module) -> dict[str, str]:
    """Return what a module of tests calls a module of behaviours → that module's name."""
    return {
        alias.asname: alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module == "qaws.behaviours"
        for alias in node.names
        if alias.asname
    }


def parsed(text: str) -> ast.Module:
    """Parse a module; Python 3.11 may say that it is deeper than it is, and then it is not so.

    That is what python/cpython#106905 is about: something ran in between that parses too.
    """
    for _ in range(5):
        with suppress(SystemError):
            return ast.parse(text)
    return ast.parse(text)


@cache
def counter_examples() -> dict[str, set[str]]:
    """Return check → the tests that want it refuted; all tests are read for it, for a second."""
    found: dict[str, set[str]] = {}
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        tree = parsed(file.read_text(encoding="utf-8"))
        names, uses = called(tree), dict[str, set[str]]()
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                uses[node.name] = {*names_in(node)}
            elif isinstance(node, ast.Assign):
                for target in node.targets:
                    uses[ast.unparse(target)] = {*names_in(node.value)}
        for name in uses:
            if name.startswith("test_"):
                used, fresh = set[str](), {name}
                while fresh:
                    used |= fresh
                    fresh = set[str]().union(*(uses.get(each, ()) for each in fresh)) - used
                if used & REFUTES:
                    for use in used:
                        module, _, function = use.partition(".")
                        check = f"{names.get(module, module)}.{function}"
                        if check.partition(".")[0] in MODULES:
                            found.setdefault(check, set()).add(f"{file.name}::{name}")
    return found


@pytest.mark.parametrize("phrase", sorted(CHECKS))
def test_each_sentence_has_a_counter_example(phrase):
    checks = [check for check in CHECKS[phrase] if check.partition(".")[0] in MODULES]
    lacking = [check for check in checks if check not in counter_examples() and check not in SAYS]
    assert checks, f'"{phrase}" calls no check'
    assert not lacking, f'no test wants "{phrase}" refuted: nothing shows that {lacking} can fail'
