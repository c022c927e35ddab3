"""Has a Python service measure which of its lines run, with coverage.py.

Nothing of the service or its command changes: coverage.py, where it is installed in the service's
environment, begins in each Python process that finds COVERAGE_PROCESS_START, workers included
(7.13 and newer). A process writes what it has when it ends, also by SIGTERM; one that is killed
outright loses it.
"""

from __future__ import annotations

import json
from pathlib import Path

from qaws.sut.target import Target
from qaws.verdict import Broken

COVERAGE_FOLDER = "QAWS_COVERAGE"
"""The variable that asks for it, and names the folder for what comes of it."""
PLACES = "places.json"
SETTINGS = "coveragerc"
DATA = "data"


def measured(target: Target, folder: Path) -> Target:
    """Return a target whose service measures its coverage, and write into `folder` what of.

    Raises:
        Broken: the target has no [coverage] or no [launch], or names a file that is not there.
    """
    launch, section = target.launch, target.coverage
    if section is None:
        raise Broken(
            f"{target.file}: has no [coverage]; name the service's source file there "
            '(routes = "app/routes.py"); coverage is measured of Python services'
        )
    if section.routes is None:
        raise Broken(f"{target.file}: [coverage] exempt: {section.exempt}; nothing is measured")
    if launch is None:
        raise Broken(f"{target.file}: without [launch] no coverage can be measured")
    routes = _existing(target, launch.directory / section.routes)
    places = {
        name: _place(target, launch.directory, routes, place)
        for name, place in section.functions.items()
    }
    (folder / DATA).mkdir(parents=True, exist_ok=True)
    files = sorted({str(routes), *(file for file, _ in places.values())})
    written = {"routes": str(routes), "functions": places}
    (folder / PLACES).write_text(json.dumps(written, indent=1), encoding="utf-8")
    (folder / SETTINGS).write_text(_settings(folder, files), encoding="utf-8")
    variable = str((folder / SETTINGS).resolve()).replace("{", "{{").replace("}", "}}")
    environment = {**launch.environment, "COVERAGE_PROCESS_START": variable}
    return target.model_copy(
        update={"launch": launch.model_copy(update={"environment": environment})}
    )


def _settings(folder: Path, files: list[str]) -> str:
    # sigterm: a server that hands the signal on to the system (uvicorn does) would lose all.
    # _exit and fork: a process that forks, or leaves by os._exit, would lose its part.
    lines = [
        "[run]",
        f"data_file = {(folder / DATA).resolve() / 'coverage'}",
        "parallel = true",
        "sigterm = true",
        "patch = _exit, fork",
        "include =",
        *(f"    {file}" for file in files),
    ]
    return "\n".join(lines) + "\n"


def _place(target: Target, directory: Path, routes: Path, place: str) -> tuple[str, str]:
    file, _, function = place.partition(":")
    found = _existing(target, directory / file) if file else routes
    return str(found), function


def _existing(target: Target, file: Path) -> Path:
    if not file.is_file():
        raise Broken(
            f"{target.file}: [coverage] {file}: there is no such file; name it relative to "
            "[launch] directory, or by its whole path"
        )
    return file.resolve()
