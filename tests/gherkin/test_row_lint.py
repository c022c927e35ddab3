"""The lint of data rows: each rule fires on the suite's own files with one thing changed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import HANG_S

ROOT = Path(__file__).resolve().parents[2]

MORE = '[[row]]\nname = "a song"\nsends = "la la la"\nsource = "Plan"\n'
INPUT = '[[row]]\nattack = "{}"\nname = "a song"\nsends = "la"\nsource = "Plan"\n'
CASES = {
    "nothing": ({}, ""),
    "a row that no feature names": (
        {"data/malformed-messages.toml": ("\n[[row]]\n", f"\n{MORE}\n[[row]]\n")},
        'malformed-messages.toml: "a song": no feature names it; add it to the table of QA-WS-010',
    ),
    "a feature that names a row that is not there": (
        {"error_handling.feature": ("| a NaN  ", "| a NaM  ")},
        'malformed-messages.toml: "a NaN": no feature names it',
    ),
    "a key that is misspelt": (
        {"data/origins.toml": ("sends =", "sedns =")},
        'origins.toml: "the trading desk": has no key "sedns"; did you mean "sends"',
    ),
    "a source that is none": (
        {"data/origins.toml": ('source = "Specification, section 3"', 'source = "my aunt"')},
        'origins.toml: "the trading desk": no source "my aunt"; write one of "RFC 7519, section',
    ),
    "an RFC without its section": (
        {"data/forged-tokens.toml": ("RFC 8725, section 3.2", "RFC 8725")},
        'forged-tokens.toml: "algorithm none": no source "RFC 8725"; write one of',
    ),
    "an agreement that is none": (
        {"data/forged-tokens.toml": ("Agreement: token types", "Agreement: token tips")},
        '"a wrong typ": no "Agreement: token tips"; agreements are large integers, key ids',
    ),
    "an agreement in a table that nobody can decline": (
        {"data/forged-tokens.toml": ("RFC 8725, section 3.2", "Agreement: token types")},
        '"algorithm none": rests on an agreement, so the table that names it bears '
        "@needs.token-types",
    ),
    "an input that no feature counts": (
        {
            "data/hostile-inputs.toml": (
                "\n# --- frames ---",
                f"\n{INPUT.format('binary messages')}\n# --- frames ---",
            )
        },
        'hostile-inputs.toml: "a song": features play 4 inputs of "binary messages", and this is '
        "one more; count it there",
    ),
    "an input of no attack": (
        {
            "data/hostile-inputs.toml": (
                "\n# --- frames ---",
                f"\n{INPUT.format('binary massages')}\n# --- frames ---",
            )
        },
        'hostile-inputs.toml: "a song": no attack "binary massages"; '
        'did you mean "binary messages"',
    ),
    "an attack that no feature names": (
        {"data/hostile-inputs.toml": ("[[row]]", '[[attack]]\nname = "x"\nwhat = "y"\n\n[[row]]')},
        'hostile-inputs.toml: "x": no feature names it; add it to the table of QA-WS-024',
    ),
    "an attack that is there twice": (
        {
            "data/hostile-inputs.toml": (
                "[[row]]",
                '[[attack]]\nname = "binary messages"\nwhat = "y"\n\n[[row]]',
            )
        },
        'hostile-inputs.toml: the attack "binary messages" is there twice; rename one',
    ),
}
SCRIPT = """
import json, shutil, sys
from pathlib import Path
from qaws import places
from qaws.gherkin import lint, row_lint
from behave import register_type
from behave.runner_util import load_step_modules
cases, folder, suite = json.load(sys.stdin), Path(sys.argv[1]), Path(sys.argv[2])
register_type(**lint.TYPES)
load_step_modules([str(suite / "steps")])
found = {}
for number, (name, changes) in enumerate(cases.items()):
    copy = folder / str(number)
    shutil.copytree(suite, copy, ignore=shutil.ignore_patterns("__pycache__", "steps"))
    for file, (old, new) in changes.items():
        text = (copy / file).read_text("utf-8")
        assert old in text, (file, old)
        (copy / file).write_text(text.replace(old, new, 1), "utf-8")
    places.DATA = copy / "data"
    found[name] = list(row_lint.problems(copy))
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """Lint all cases in one process of its own: behave's step registry is global."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path_factory.mktemp("rows")), ROOT / "features"],
        cwd=ROOT,
        input=json.dumps({name: changes for name, (changes, _) in CASES.items()}),
        capture_output=True,
        text=True,
        timeout=4 * HANG_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", CASES)
def test_each_rule_fires_alone_and_names_file_and_row(found, name):
    said = CASES[name][1]
    assert len(found[name]) == (1 if said else 0), found[name]
    assert said in "".join(found[name])
