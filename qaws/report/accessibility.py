"""What Allure's page lacks for whoever sees it badly or not at all (WCAG 2.2, level AA).

Buttons that are pictures only have no name: a screen reader says "button" and nothing else (4.1.2).
A script in the page names each as it comes to be there: by what it does where that is known, and
by the text beside it. A label that says less than the text is taken away (2.5.3). Some of its
colours are too pale for text (1.4.3): they are made darker.
"""

from __future__ import annotations

import json

NAMES = {
    '[data-testid="toggle-layout-button"]': "One or two columns",
    '[data-testid="toggle-layout-button"] ~ button': "Light or dark",
    '[data-testid="test-result-nav-prev"]': "The scenario before",
    '[data-testid="test-result-nav-next"]': "The scenario after",
    '[data-testid="tree-subtree-toggle"]': "Open or close all below",
    '[data-testid="test-result-steps-subtree-toggle"]': "Open or close all steps",
    '[data-testid="tree-arrow"], [class*="arrow-button"]': "Open or close",
}
"""Selector → name; the first that fits."""

COLOURS = {
    "--palette-red-day-darken-2": "#d3302c",
    "--palette-red-day-darken-4": "#b91c1c",
    "--palette-slate-day-darken-3": "#556275",
}
"""Variable of Allure's → a colour with a contrast of 4.5:1 to its background, or to its text."""

_STYLE = "<style>:root{%s}</style>\n"
_SCRIPT = """<script>
(() => {
  const names = %s;
  const beside = (button) => {
    for (let around = button.parentElement; around; around = around.parentElement) {
      const text = around.innerText.trim().split("\\n")[0];
      if (text) return text.slice(0, 80);
    }
    return "";
  };
  const name = (button) => {
    const label = button.getAttribute("aria-label") ?? "", said = button.innerText.trim();
    if (said && label && !label.includes(said)) button.removeAttribute("aria-label");
    if (said || label || button.title) return;
    const known = Object.keys(names).find((selector) => button.matches(selector));
    const text = beside(button);
    button.setAttribute("aria-label", [names[known] ?? "More", text].filter(Boolean).join(": "));
  };
  let due = false;
  const look = () => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => {
      due = false;
      document.querySelectorAll("button").forEach(name);
    });
  };
  new MutationObserver(look).observe(document.documentElement, { childList: true, subtree: true });
  look();
})();
</script>"""


def mend(page: str) -> str:
    """Return Allure's page with what it lacks, at its end."""
    colours = ";".join(f"{name}:{colour}" for name, colour in COLOURS.items())
    return page + _STYLE % colours + _SCRIPT % json.dumps(NAMES)
