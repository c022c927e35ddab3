"""The suite against services that know nothing of it, and over TLS: verdicts worked out beforehand.

    python -m tests.services.independent             # functional p0 on each service in turn
    python -m tests.services.independent granian --tags=@QA-WS-024

A good service is never wronged: of each row the verdict is PASSED, but for those that the file
`….expected.toml` beside the target names, with the words of the verdict and the reason why. A row
that comes to anything else is an error, which names service, row, what was expected, what was seen,
and in which words. INCONCLUSIVE is told apart: it speaks of the machine, not of the service.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from qaws.sut.broker import open_broker
from qaws.sut.target_file import read_target
from qaws.testbed.testbed import Testbed

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONAL = "@p0 and (@integration or @security)"
TARGETS = {
    "node": ROOT / "tests/e2e/foreign/target.toml",
    **{
        name: ROOT / f"tests/services/fastapi_ticker/targets/{name}.toml"
        for name in (
            "uvicorn",
            "hypercorn",
            "granian",
            "plan",
            "keys",
            "remote",
            "secret",
            "ticket",
            "desk",
        )
    },
    **{
        name: ROOT / f"tests/services/dialects/{name}.toml"
        for name in ("streams", "nats", "mqtt", "zeromq", "command", "lists", "numbered", "signed")
    },
    **{name: ROOT / f"tests/services/secured/{name}.toml" for name in ("tls", "caddy", "mutual")},
}
TELL_EVERY_S = 10.0


@dataclass(frozen=True)
class Expectation:
    """What the rows of a test come to where they do not pass.

    `row` is a part of the row's name, "" for all rows of the test. `words` are in the verdict's
    sentence, and `reason` says why it must be so.
    """

    id: str
    verdict: str
    words: str
    reason: str
    row: str = ""

    def is_about(self, name: str) -> bool:
        """Return whether this is what a row is to come to."""
        return name.startswith(self.id) and self.row in name


@dataclass(frozen=True)
class Seen:
    """What a row has come to, and the first line of its words."""

    name: str
    verdict: str
    words: str


@dataclass
class Comparison:
    """What a service was expected to come to, and what it came to.

    `differences` are errors; `doubts` are rows of which the machine let nobody tell.
    """

    service: str
    seen: list[Seen] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    took_s: float = 0.0

    @property
    def line(self) -> str:
        """Return the line of the summary."""
        found = Counter(each.verdict for each in self.seen)
        counts = "  ".join(f"{verdict} {count}" for verdict, count in sorted(found.items()))
        return (
            f"{self.service:<10} {len(self.seen):>4} rows {self.took_s:>5.0f} s  "
            f"{len(self.differences):>2} differ  {len(self.doubts):>2} in doubt  {counts}"
        )


def expected(target: Path) -> list[Expectation]:
    """Return what is expected of a target's service, besides that all passes."""
    file = target.with_name(f"{target.stem}.expected.toml")
    with file.open("rb") as opened:
        return [Expectation(**each) for each in tomllib.load(opened).get("differs", [])]


def compare(service: str, seen: Sequence[Seen], expectations: Sequence[Expectation]) -> Comparison:
    """Hold what was seen against what was expected; a row may pass where no other is expected."""
    found = Comparison(service, list(seen))
    for each in seen:
        wanted = [e for e in expectations if e.is_about(each.name)]
        allowed = " or ".join(f'{e.verdict} "{e.words}" ({e.reason})' for e in wanted) or "PASSED"
        if each.verdict == "INCONCLUSIVE":
            found.doubts.append(f"{service}: {each.name}: {each.words}")
        elif not (
            any(e.verdict == each.verdict and e.words in each.words for e in wanted)
            if wanted
            else each.verdict == "PASSED"
        ):
            found.differences.append(
                f"{service}: {each.name}: expected {allowed}, seen {each.verdict}: {each.words}"
            )
    if not seen:
        found.differences.append(f"{service}: no row was run")
    return found


def results(reports: Path) -> Iterator[Seen]:
    """Yield what the rows of a run have come to, by the results that it has left."""
    for file in sorted(reports.glob("allure-results/*-result.json")):
        result = json.loads(file.read_text("utf-8"))
        words = (result.get("statusDetails") or {}).get("message", "")
        verdict = {"passed": "PASSED", "failed": "FAILED", "skipped": "NOT VERIFIED"}.get(
            result["status"], "INCONCLUSIVE" if words.startswith("INCONCLUSIVE") else "BROKEN"
        )
        yield Seen(result["name"], verdict, words.splitlines()[0] if words else "")


@contextmanager
def surroundings(service: str, folder: Path) -> Iterator[dict[str, str]]:
    """Start what a service needs and the suite does not start; say where it is, as variables."""
    if service == "command":
        broker = open_broker("embedded", folder)
        try:
            yield {"QAWS_FEED__BROKER": broker.url}
        finally:
            broker.stop()
    elif service in ("desk", "signed"):
        yield {"DESK_SECRET": secrets.token_urlsafe(24)}
    elif service == "remote":
        testbed = Testbed(read_target(TARGETS["uvicorn"], {}, {}), folder / "elsewhere")
        try:
            url, token = testbed.use_service().url, testbed.tokens.valid()
            yield {"QAWS_ENDPOINT__URL": url, "TICKS_TOKEN": token}
        finally:
            testbed.stop()
    else:
        yield {}


def run(service: str, reports: Path, arguments: Sequence[str], tell: bool = False) -> Comparison:
    """Run a selection against a service to its end; return what came of it, compared.

    Args:
        service: one of `TARGETS`.
        reports: where the run leaves its results.
        arguments: of behave; the target is added.
        tell: whether to print how far it is, every few seconds.
    """
    reports.mkdir(parents=True, exist_ok=True)
    target, began, told = TARGETS[service], time.monotonic(), time.monotonic()
    tools = Path(sys.executable).parent
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    with (reports / "console.txt").open("w") as console, surroundings(service, reports) as known:
        process = subprocess.Popen(
            [sys.executable, "-m", "behave", *arguments, "-D", f"target={target}"],
            cwd=ROOT,
            env={**os.environ, **known, "QAWS_REPORTS": str(reports), "PATH": path},
            stdout=console,
            stderr=subprocess.STDOUT,
        )
        try:
            while process.poll() is None:
                time.sleep(0.1)
                if tell and time.monotonic() - told > TELL_EVERY_S:
                    told = time.monotonic()
                    done = len(list(reports.glob("allure-results/*-result.json")))
                    print(f"  {service}: {done} rows after {told - began:.0f} s", flush=True)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
    found = compare(service, list(results(reports)), expected(target))
    found.took_s = time.monotonic() - began
    if not found.seen:
        found.differences.append((reports / "console.txt").read_text("utf-8")[-500:])
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for, print what differs and a summary; return 1 if anything differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.services.independent")
    parser.add_argument("services", nargs="*", metavar="SERVICE", help=", ".join(TARGETS))
    parser.add_argument("--tags", default=FUNCTIONAL)
    parser.add_argument("--times", type=int, default=1, help="run each so many times")
    parser.add_argument("--reports", type=Path, help="keep the reports in this folder")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.services) - set(TARGETS):
        parser.error(f"no service {', '.join(sorted(unknown))}; known are {', '.join(TARGETS)}")
    folder = asked.reports or Path(tempfile.mkdtemp(prefix="independent-"))
    found = []
    for service in asked.services or TARGETS:
        for number in range(1, asked.times + 1):
            print(f"{service}, run {number} of {asked.times}: {asked.tags}", flush=True)
            reports = folder / f"{service}-{number}"
            found.append(run(service, reports, [f"--tags={asked.tags}"], tell=True))
            print("\n".join([*found[-1].differences, *found[-1].doubts]), flush=True)
    print("\n".join(each.line for each in found))
    print(f"reports are in {folder}")
    return int(any(each.differences for each in found))


if __name__ == "__main__":
    sys.exit(main())
