"""The list of faults in docs/faults.md, by the scenario that notices them."""

from __future__ import annotations

from pathlib import Path

from faults.catalogue import all_faults
from faults.proof.scope import scenarios

PAGE = Path(__file__).resolve().parents[2] / "docs" / "faults.md"
BEGIN, END = "<!-- faults: begin -->", "<!-- faults: end -->"


def markdown() -> str:
    """Return every scenario that has faults, and these; what was told before is only named."""
    told: dict[str, str] = {}
    parts = []
    for test_id, title in scenarios().items():
        lines = []
        for name, each in all_faults().items():
            if test_id in each.caught_by:
                lines.append(
                    f"- `{name}`: " + (f"see {told[name]}" if name in told else each.story)
                )
                told.setdefault(name, test_id.removeprefix("QA-WS-"))
        if lines:
            parts.append("\n".join([f"### {test_id} {title}", "", *lines, ""]))
    return "\n".join(parts)


def updated(page: str) -> str:
    """Return a page with the list between its marks made anew.

    Raises:
        ValueError: the page lacks the marks.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page needs the lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{markdown()}\n{END}{after}"


def write() -> None:
    """Bring docs/faults.md up to date."""
    PAGE.write_text(updated(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
