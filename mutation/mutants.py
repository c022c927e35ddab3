"""The mutants of the reference service, as cosmic-ray makes them, and a sample of them."""

from __future__ import annotations

import ast
import difflib
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from cosmic_ray.commands.init import _all_work_items as all_work_items
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator

ROOT = Path(__file__).resolve().parents[1]
APP = ROOT / "app"
MODULES = (
    "routes_websocket",
    "fanout",
    "subscriptions",
    "sessions",
    "auth",
    "feed",
    "limits",
    "idle",
    "expiry",
)
"""What is mutated: all that stands between a client and the feed."""

MOST = 4
"""Mutants in one service, where none of them is expected to show any more."""

Span = tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True)
class Mutant:
    """One small mistake.

    Attributes:
        module: of `app`, as "fanout".
        operator: cosmic-ray's name of the kind of mistake.
        occurrence: which of the places where that operator can act, from 0.
        line: in the sound file.
        function: where it is, as "Fanout.flush"; "" at the top of the module.
    """

    module: str
    operator: str
    occurrence: int
    line: int
    function: str

    @property
    def file(self) -> str:
        """Return the path of its file, from the root on."""
        return f"app/{self.module}.py"

    @property
    def name(self) -> str:
        """Return what it is called: file, line and operator."""
        return f"{self.file}:{self.line} {self.operator.removeprefix('core/')}#{self.occurrence}"

    @cached_property
    def source(self) -> str:
        """Return the whole of its file."""
        sound = (ROOT / self.file).read_text(encoding="utf-8")
        mutated: str | None = mutate_code(sound, get_operator(self.operator)(), self.occurrence)
        if mutated is None:
            raise LookupError(f"{self.name}: {self.operator} finds no such place any more")
        return mutated

    @cached_property
    def diff(self) -> list[str]:
        """Return the lines that differ, "-" and "+" in front."""
        sound = (ROOT / self.file).read_text(encoding="utf-8")
        lines = difflib.unified_diff(sound.splitlines(), self.source.splitlines(), n=0, lineterm="")
        return [line for line in lines if line[:3] not in ("---", "+++") and line[:2] != "@@"]

    @property
    def key(self) -> str:
        """Return what tells it from others as long as its line is as it is, wherever that is."""
        return " | ".join([self.file, self.function, *(each.strip() for each in self.diff)])


def all_mutants(modules: Iterable[str] = MODULES) -> list[Mutant]:
    """Return every mutant but those that are no Python, and those of type annotations.

    No running service looks at the latter. The former cosmic-ray makes of what only looks like an
    operator: the mark before parameters that are given by name, `*`, is no multiplication.
    """
    return [mutant for module in modules for mutant in _mutants_of(module)]


@cache
def _mutants_of(module: str) -> tuple[Mutant, ...]:
    found = []
    file = APP / f"{module}.py"
    tree = ast.parse(file.read_text(encoding="utf-8"))
    hints, functions = [*hints_in(tree)], [*functions_in(tree)]
    for item in all_work_items([file], {}):
        [spec] = item.mutations
        start = tuple(spec.start_pos)
        if not any(first <= start < last for first, last in hints):
            inside = [name for name, first, last in functions if first <= start[0] <= last]
            function = inside[-1] if inside else ""
            mutant = Mutant(module, spec.operator_name, spec.occurrence, start[0], function)
            if is_python(mutant.source):
                found.append(mutant)
    return tuple(found)


def is_python(source: str) -> bool:
    """Tell whether a text is Python, by its grammar."""
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True


def hints_in(tree: ast.AST) -> Iterator[Span]:
    """Yield where the type annotations of a module are: ((line, column), (line, column))."""
    for node in ast.walk(tree):
        for hint in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            if isinstance(hint, ast.expr):
                yield (
                    (hint.lineno, hint.col_offset),
                    (hint.end_lineno or 0, hint.end_col_offset or 0),
                )


def functions_in(
    tree: ast.Module | ast.ClassDef, prefix: str = ""
) -> Iterator[tuple[str, int, int]]:
    """Yield the functions of a module: name with its class, first line, last line."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield from functions_in(node, f"{prefix}{node.name}.")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{prefix}{node.name}", node.lineno, node.end_lineno or node.lineno


def drawn(mutants: Sequence[Mutant], count: int, seed: int) -> list[Mutant]:
    """Return so many mutants, in the order in which they are drawn; the same for the same seed."""
    return random.Random(seed).sample(list(mutants), min(count, len(mutants)))


def grouped(mutants: Sequence[Mutant]) -> list[tuple[Mutant, ...]]:
    """Put mutants of different modules together, so that what is asked once is asked of several."""
    groups: list[list[Mutant]] = []
    for mutant in mutants:
        fits = (
            group
            for group in groups
            if len(group) < MOST and all(each.module != mutant.module for each in group)
        )
        group = next(fits, None)
        if group is None:
            groups.append([mutant])
        else:
            group.append(mutant)
    return [tuple(group) for group in groups]
