"""Lints folders, one after the other: `python -m tests.gherkin.linting FOLDER …`.

The last line says what was found in each, as a list in JSON.
"""

import json
import sys
from pathlib import Path

from behave.step_registry import registry

from qaws.gherkin.lint import problems


def main(folders):
    found = []
    for folder in folders:
        for kind in registry.steps:
            registry.steps[kind] = []
        found.append("\n".join(problems(Path(folder))))
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1:])
