"""The list of variations in docs/variations.md."""

from __future__ import annotations

from pathlib import Path

from tests.services.variants.catalogue import MADE_OF

PAGE = Path(__file__).resolve().parents[3] / "docs" / "variations.md"
BEGIN, END = "<!-- variations: begin -->", "<!-- variations: end -->"


def markdown() -> str:
    """Return a table of each service's variations."""
    parts = []
    for service, variations in MADE_OF.items():
        rows = [f"| `{v.name}` | {v.story} | {v.authority} |" for v in variations]
        head = [f"## `{service}`", "", "| variation | what it does | what leaves it free |"]
        parts.append("\n".join([*head, "| --- | --- | --- |", *rows, ""]))
    return "\n".join(parts)


def updated(page: str) -> str:
    """Return a page with the list between its marks made anew."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{markdown()}\n{END}{after}"
