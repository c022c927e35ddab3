"""The suite as an installed package, in a repository that is a team's own."""

import json
import os
import re
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.processes import run

ROOT = Path(__file__).resolve().parents[2]
BUILT_FROM = (
    *("qaws", "features", "signoff", "docs", "requirements.lock"),
    *("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE"),
)
NOT_COPIED = ("--exclude=node_modules", "--exclude=__pycache__", "--exclude=images")
PAGE = (ROOT / "docs" / "own-repository.md").read_text("utf-8")
STEP = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1]
ROW = re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)[1]
SCENARIO = """\

  @p0 @normal
  Scenario: A message of ours, and a step of ours
    > Team: the example of the docs.

    Given Alice and Bob are connected
    When Alice sends a malformed message 3 times: a symbol without its list
    Then Bob has received no error
    And the welcome of Alice has the member "session_id"
"""


@dataclass
class Team:
    """A folder of a team's own, and a Python that has the package."""

    path: Path
    python: Path

    def run(self, *command):
        """Run a module without any Node in sight; return exit code and all that was said."""
        hidden = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "QAWS_TARGET")}
        hidden |= {"PATH": str(self.python.parent), "GITHUB_STEP_SUMMARY": ""}
        done = run([self.python, "-m", *command], cwd=self.path, env=hidden)
        return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def team(tmp_path_factory):
    """Build the wheel, install it, and begin a repository with it, all off the network."""
    folder = tmp_path_factory.mktemp("package")
    source, mine = folder / "source", folder / "mine"
    source.mkdir()
    mine.mkdir()
    packed = subprocess.run(
        ["tar", "cf", "-", *NOT_COPIED, *BUILT_FROM], cwd=ROOT, capture_output=True, check=True
    )
    subprocess.run(["tar", "xf", "-"], cwd=source, input=packed.stdout, check=True)
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-cache-dir")
    offline = ("--quiet", "--no-deps", "--no-index")
    made = ("wheel", *offline, "--no-build-isolation", "-w", str(folder), str(source))
    subprocess.run([*pip, *made], check=True)
    [wheel] = folder.glob("*.whl")
    venv.create(folder / "venv", with_pip=False)
    python = folder / "venv" / "bin" / "python"
    installed = ("install", *offline, "--no-compile", str(wheel))
    subprocess.run([*pip, "--python", str(python), *installed], check=True)
    [packages] = (folder / "venv" / "lib").glob("*/site-packages")
    (packages / "what-the-suite-needs.pth").write_text(sysconfig.get_path("purelib"))
    (folder / "service").mkdir()
    (folder / "service" / "app").symlink_to(ROOT / "app")
    return Team(mine, python)


@pytest.fixture(scope="module")
def begun(team):
    """Have `qaws init` lay out the folder."""
    variables = {
        "PYTHONPATH": str(team.path.parent / "service"),
        "TICKER_PORT": "{port}",
        "TICKER_FEED_URL": "{broker_url}",
        "TICKER_JWKS": "{jwks_file}",
        "TICKER_ISSUER": "us",
        "TICKER_AUDIENCE": "ours",
    }
    code, said = team.run(
        *("qaws", "init", "mine", "--no-probe"),
        *("--url", "ws://127.0.0.1:{port}/ws/ticks", "--command", "{python} -m app"),
        *("--generate-key", "--issuer", "us", "--audience", "ours", "--broker", "embedded"),
        *(part for name, value in variables.items() for part in ("--env", f"{name}={value}")),
    )
    assert code == 0, said
    return team


def test_the_package_runs_the_suites_features_and_a_teams_own_in_its_folder(begun):
    there = {str(f.relative_to(begun.path)) for f in begun.path.rglob("*") if f.is_file()}
    assert there >= {"behave.ini", "targets/mine.toml", "features/own/example.feature"}
    features = begun.path / "features"
    (features / "steps" / "ours.py").write_text(STEP)
    (features / "data").mkdir()
    (features / "data" / "malformed-messages.toml").write_text(ROW)
    with (features / "own" / "example.feature").open("a") as example:
        example.write(SCENARIO)
    code, said = begun.run("qaws", "run", "--tags=@own or @QA-WS-007")
    assert code == 0, said
    assert "3 scenarios passed, 0 failed" in said
    assert "No report and no sheet: Node is missing: run `qaws setup`, then `qaws report`" in said
    assert "Run: PASSED" in said
    lines = (begun.path / "reports" / "checks.jsonl").read_text().splitlines()
    checked = {each["scenario"]: each for each in map(json.loads, lines)}
    [ours] = [name for name in checked if name.startswith("A message of ours")]
    assert "has session_id" in [check["allowed"] for check in checked[ours]["checks"]]
    [theirs] = [name for name in checked if name.startswith("QA-WS-007")]
    assert checked[theirs]["id"] == "QA-WS-007"


def test_plain_behave_works_there_and_takes_a_mistake_for_one(begun):
    code, said = begun.run("behave", "features/own", "--name", "A client of ours")
    assert code == 0, said
    assert "1 scenario passed, 0 failed" in said
    code, said = begun.run("behave", "--tags=@QA-WS-999")
    assert code == 2, said
    assert "@QA-WS-999" in said
