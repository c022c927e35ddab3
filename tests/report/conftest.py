"""Throwaway projects for real behave runs; the pieces that several tests read are made once."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SIGNOFF = ROOT / "signoff"
HERE = Path(__file__).parent


@dataclass
class Project:
    """A folder with features, steps and the suite's own behave.ini."""

    path: Path

    @property
    def reports(self):
        return self.path / "reports"

    def feature(self, name, text):
        (self.path / "features" / f"{name}.feature").write_text(text, "utf-8")
        return self

    def run(self, *command, timeout=60, **env):
        return subprocess.run(
            [sys.executable, "-m", *command],
            cwd=self.path,
            env={**os.environ, **env},
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    def start(self, *command, **env):
        return subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=self.path,
            env={**os.environ, **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def results(self, directory="reports/allure-results"):
        """Return {QA-WS id or title: [(status, message, result), …]} of the Allure results."""
        found = {}
        for file in (self.path / directory).glob("*-result.json"):
            result = json.loads(file.read_text("utf-8"))
            tags = [x["value"] for x in result["labels"] if x["value"].startswith("QA-WS-")]
            message = (result.get("statusDetails") or {}).get("message", "")
            found.setdefault(tags[0] if tags else result["name"], []).append(
                (result.get("status"), message, result)
            )
        return found

    def verdict(self):
        return json.loads((self.reports / "verdict.json").read_text("utf-8"))

    def sheet(self):
        return (self.reports / "signoff.html").read_text("utf-8")


def make_project(path):
    (path / "features" / "steps").mkdir(parents=True)
    shutil.copy(ROOT / "behave.ini", path)
    shutil.copy(HERE / "throwaway" / "hooks.py", path / "features" / "environment.py")
    shutil.copy(HERE / "throwaway" / "phrases.py", path / "features" / "steps" / "phrases.py")
    return Project(path)


@pytest.fixture
def project(tmp_path):
    return make_project(tmp_path)


@pytest.fixture(scope="session")
def needs_node():
    if not (SIGNOFF / "node_modules" / "allure").is_dir():
        pytest.skip("signoff/node_modules is missing: run `make setup`")


@pytest.fixture(scope="session")
def gallery(tmp_path_factory, needs_node):
    """Every false result of the stock formatter in one run, reported; `.output` is the console."""
    project = make_project(tmp_path_factory.mktemp("gallery"))
    for file in (HERE / "throwaway").glob("*.feature"):
        shutil.copy(file, project.path / "features")
    project.reports.mkdir()
    (project.reports / "signoff.html").write_text("an older success: PASSED")
    (project.reports / "index.html").write_text("an older success")
    done = project.run("qaws.runner.job", "--tags=@p0")
    project.output, project.exit = done.stdout + done.stderr, done.returncode
    return project


@pytest.fixture(scope="session")
def stock(gallery):
    """The same features under the stock allure-behave formatter."""
    (gallery.path / "stock.ini").write_text("")
    project = Project(gallery.path)
    command = [
        *("behave", "--tags=@p0", "--format=allure_behave.formatter:AllureFormatter"),
        *("--outfile=stock/results", "--junit", "--junit-directory=stock/junit"),
    ]
    ini = gallery.path / "behave.ini"
    kept = ini.read_text()
    ini.unlink()
    try:
        project.run(*command, THROWAWAY_REPORTS="stock")
    finally:
        ini.write_text(kept)
    (gallery.path / "stock.ini").unlink()
    return project
