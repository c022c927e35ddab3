"""Whole runs, in processes of their own. What several tests read is made once.

A throwaway project has features and steps made for one purpose; what it writes is what the suite's
own runs write.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.processes import run

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items):
    """Mark what is in this folder."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.e2e)


@dataclass
class Project:
    """A folder with features, steps and the suite's own behave.ini."""

    path: Path
    spawn: Callable[..., subprocess.Popen[str]] = subprocess.Popen

    @property
    def reports(self):
        return self.path / "reports"

    def feature(self, name, text):
        (self.path / "features" / f"{name}.feature").write_text(text, "utf-8")
        return self

    def run(self, *command, **env):
        """Run a module to its end; return exit code and output."""
        return run([sys.executable, "-m", *command], cwd=self.path, env={**os.environ, **env})

    def start(self, *command, **env):
        return self.spawn(
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


def make_project(path, spawn=subprocess.Popen):
    (path / "features" / "steps").mkdir(parents=True)
    shutil.copy(ROOT / "behave.ini", path)
    shutil.copy(HERE / "throwaway" / "hooks.py", path / "features" / "environment.py")
    shutil.copy(HERE / "throwaway" / "phrases.py", path / "features" / "steps" / "phrases.py")
    return Project(path, spawn)


@pytest.fixture
def project(tmp_path, spawn):
    return make_project(tmp_path, spawn)


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
