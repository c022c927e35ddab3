"""What a command line selects: by tags, by name, by file and line.

What it names must be there: behave (1.3.3) passes over a tag, a name or a file that selects
nothing.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from behave.model import Feature, Scenario, ScenarioOutline

from qaws.gherkin.tag_names import tags_in
from qaws.gherkin.tags import CAPABILITIES, EXTRAS, KINDS, NEED, PRIORITIES, SEVERITIES
from qaws.verdict import Broken

GRAMMAR = (*PRIORITIES, *KINDS, *SEVERITIES, *EXTRAS, *(NEED + need for need in CAPABILITIES))


@dataclass(frozen=True, slots=True)
class Selection:
    """Which scenarios a run is about. Made without arguments it is about all.

    Attributes:
        tags: behave's tag expression; None selects all.
        name: what a title must match; None selects all.
        paths: resolved files and folders; None for all.
        excludes: tells of a file, as text, whether it is left out; None leaves out none.
        lines: resolved feature file → lines that were named; no entry for a whole file.
    """

    tags: Any = None
    name: re.Pattern[str] | None = None
    paths: Sequence[Path] | None = None
    excludes: Callable[[str], bool] | None = None
    lines: dict[Path, set[int]] = field(default_factory=dict)

    def by_tags(self, tags: Iterable[str]) -> bool:
        """Tell whether a scenario or row with these tags is selected, as far as tags go."""
        return self.tags is None or bool(self.tags.check(list(tags)))

    def by_name(self, *titles: str) -> bool:
        """Tell whether one of the titles is selected, as far as names go."""
        return self.name is None or any(self.name.search(title) for title in titles)

    def has_file(self, file: Path) -> bool:
        """Tell whether a file is selected as a whole."""
        if self.lines.get(file) or (self.excludes and self.excludes(os.path.relpath(file))):
            return False
        return self.paths is None or any(file.is_relative_to(path) for path in self.paths)

    def is_whole(self, item: Scenario, feature: Feature) -> bool:
        """Tell whether files and lines select a scenario, or an outline with all of its rows."""
        chosen = self._lines_in(item, feature)
        if chosen is None:
            return True
        rows = item.scenarios if isinstance(item, ScenarioOutline) else []
        return bool(chosen - {row.line for row in rows})

    def touches(self, item: Scenario, feature: Feature) -> bool:
        """Tell whether files and lines select a scenario, or at least one row of an outline."""
        chosen = self._lines_in(item, feature)
        return chosen is None or bool(chosen)

    def has_line(self, item: Scenario, feature: Feature, line: int) -> bool:
        """Tell whether files and lines select a row of an outline, or a scenario, at a line."""
        chosen = self._lines_in(item, feature)
        return chosen is None or line in chosen or (bool(chosen) and self.is_whole(item, feature))

    def _lines_in(self, item: Scenario, feature: Feature) -> set[int] | None:
        """Return the named lines that lie in a scenario; None where its whole file is selected."""
        lines = self.lines.get(Path(feature.filename).resolve())
        begins = sorted(each.line for each in feature.scenarios)
        if not lines or min(lines) < begins[0]:
            return None
        end = next((line for line in begins if line > item.line), max(lines) + 1)
        return {line for line in lines if item.line <= line < end}


def require_sound_tags(expressions: Sequence[str], borne: Iterable[str]) -> None:
    """Raise `Broken` for tag expressions that behave would take for something else, or for nothing.

    Args:
        expressions: what was said with --tags, one each.
        borne: all tags that scenarios bear, and the ids of the plan.
    """
    known = {*GRAMMAR, *borne}
    for text in expressions:
        for name in tags_in(text):
            if not any(fnmatchcase(tag, name) for tag in known):
                near = difflib.get_close_matches(name, sorted(known), n=1)
                hint = f"did you mean @{near[0]}? " if near else ""
                raise Broken(
                    f'--tags="{text}": selects no scenario: none bears @{name}; {hint}'
                    "docs/editing.md says which tags there are"
                )


def require_names(names: Sequence[str], titles: Collection[str]) -> None:
    """Raise `Broken` for a -n that is in no title of those that tags and files leave."""
    for name in names:
        if not any(re.search(name, title) for title in titles):
            raise Broken(f'-n "{name}": selects no scenario; it is a part of a title, or a pattern')
