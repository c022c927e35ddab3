"""The suite against services that know nothing of it, and over TLS: verdicts worked out beforehand.

    python -m tests.services.independent             # functional p0 and p1 on each in turn
    python -m tests.services.independent granian --tags=@QA-WS-024
    python -m tests.services.independent granian --times 10 --stress

A good service is never wronged: of each row the verdict is PASSED, but for those that the file
`….expected.toml` beside the target names, with the words of the verdict and the reason why; of what
its table `lacks` names, rows may say that the target lacks or declines it. A row that comes to
anything else is an error, which names service, row, what was expected, what was seen, and in which
words. INCONCLUSIVE is told apart: it speaks of the machine, not of the service. At the end there is
a line for each service: "10 of 10 as expected", or what differed in which run.

The exit code is 1 where anything differs, 3 where a row was decided in none of its runs (under
stress, on a machine that is kept busy: where a service's were all undecided), 0 otherwise.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import secrets
import signal
import sys
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from qaws.report.signoff import EXIT_ABORTED
from qaws.runner.repeat import busy_cores
from qaws.sut.broker import open_broker
from qaws.sut.target_file import read_target
from qaws.testbed.testbed import Testbed
from tests.forked import running
from tests.services.private_keys import new_keys
from tests.services.variants import SERVICES as VARIANTS

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONAL = "(@p0 or @p1) and (@integration or @security) and not @needs.swarm"
"""All but what measures the machine as well."""
TARGETS = {
    "node": ROOT / "tests/e2e/foreign/target.toml",
    "aiohttp": ROOT / "tests/services/aiohttp_ticker/target.toml",
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
            "posted",
        )
    },
    **{
        name: ROOT / f"tests/services/dialects/{name}.toml"
        for name in (
            *("streams", "nats", "mqtt", "kafka", "zeromq", "exchange", "command"),
            *("lists", "numbered", "signed", "challenged", "packed", "zipped"),
        )
    },
    **{name: ROOT / f"tests/services/secured/{name}.toml" for name in ("tls", "caddy", "mutual")},
    **dict.fromkeys(VARIANTS, ROOT / "targets/reference.toml"),
}
TELL_EVERY_S = 10.0
DIFFERS, UNDECIDED = 1, 3
"""Exit codes, as those of `qaws run` for what failed and what is inconclusive."""


@dataclass(frozen=True)
class Expectation:
    """What the rows of a test come to where they do not pass.

    `row` is a part of the row's name, "" for all rows of the test. `words` are in the verdict's
    sentence, and `reason` says why it must be so. One that comes only `sometimes` may pass as well.
    """

    id: str
    verdict: str
    words: str
    reason: str
    row: str = ""
    sometimes: bool = False

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
    def decided(self) -> bool:
        """Return whether anybody could tell of any row."""
        return any(each.verdict != "INCONCLUSIVE" for each in self.seen)

    @property
    def line(self) -> str:
        """Return the line of the summary."""
        found = Counter(each.verdict for each in self.seen)
        counts = "  ".join(f"{verdict} {count}" for verdict, count in sorted(found.items()))
        return (
            f"{self.service:<10} {len(self.seen):>4} rows {self.took_s:>5.0f} s  "
            f"{len(self.differences):>2} differ  {len(self.doubts):>2} in doubt  {counts}"
        )


def expected(target: Path) -> tuple[list[Expectation], dict[str, str]]:
    """Return what is expected of a target's service, besides that all passes, and what it lacks.

    That is capability or agreement → reason.
    """
    file = target.with_name(f"{target.stem}.expected.toml")
    if not file.exists():
        return [], {}
    with file.open("rb") as opened:
        told = tomllib.load(opened)
    return [Expectation(**each) for each in told.get("differs", [])], told.get("lacks", {})


def lacking(seen: Seen) -> set[str]:
    """Return the capabilities, or the agreements, for want of which a row is not verified."""
    found = re.search(r"the target .+? (?:lacks|declines): (.*)", seen.words)
    if not found or seen.verdict != "NOT VERIFIED":
        return set()
    without_hints = re.sub(r" \([^)]*\)", "", found[1])
    return set(without_hints.split(", "))


def compare(
    service: str,
    seen: Sequence[Seen],
    expectations: Sequence[Expectation],
    lacks: Collection[str] = (),
) -> Comparison:
    """Hold what was seen against what was expected; a row may pass where no other is expected."""
    found = Comparison(service, list(seen))
    for each in seen:
        if (wants := lacking(each)) and wants <= set(lacks):
            continue
        wanted = [e for e in expectations if e.is_about(each.name)]
        allowed = " or ".join(f'{e.verdict} "{e.words}" ({e.reason})' for e in wanted) or "PASSED"
        if each.verdict == "INCONCLUSIVE":
            found.doubts.append(f"{service}: {each.name}: {each.words}")
        elif not (
            any(e.verdict == each.verdict and e.words in each.words for e in wanted)
            or (each.verdict == "PASSED" and all(e.sometimes for e in wanted))
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
    elif service == "challenged":
        yield new_keys()
    elif service == "posted":
        yield {"FEED_KEY": secrets.token_urlsafe(24)}
    elif service in VARIANTS:
        command = f"{sys.executable} -m tests.services.variants {service}"
        yield {"QAWS_LAUNCH__COMMAND": command}
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
    target, began = TARGETS[service], time.monotonic()
    tools = Path(sys.executable).parent
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    with surroundings(service, reports) as known:
        environment = {**os.environ, **known, "QAWS_REPORTS": str(reports), "PATH": path}
        asked, console = (*arguments, "-D", f"target={target}"), reports / "console.txt"
        with running("behave", *asked, env=environment, cwd=ROOT, log=console) as process:
            while process.exitcode is None:
                process.join(TELL_EVERY_S)
                if tell and process.exitcode is None:
                    done = len(list(reports.glob("allure-results/*-result.json")))
                    took_s = time.monotonic() - began
                    print(f"  {service}: {done} rows after {took_s:.0f} s", flush=True)
    found = compare(service, list(results(reports)), *expected(target))
    found.took_s = time.monotonic() - began
    if broke := how_it_broke(reports):
        found.differences.append(f"{service}: the run as a whole: {broke}")
    if not found.seen:
        found.differences.append((reports / "console.txt").read_text("utf-8")[-500:])
    return found


def how_it_broke(reports: Path) -> str:
    """Return why a run as a whole came to no good end; "" where it did."""
    file = reports / "run.json"
    if not file.exists():
        return "it ended before it began"
    noted = json.loads(file.read_text("utf-8"))
    if noted["error"]:
        return str(noted["error"])
    return "" if noted["state"] == "finished" else f"it was {noted['state']} when it ended"


def hold_together(runs: Sequence[Comparison]) -> None:
    """Add to each run of a service that it lacks a row which another one has."""
    names = dict.fromkeys(each.name for run in runs for each in run.seen)
    for run in runs:
        had = {each.name for each in run.seen}
        run.differences += [
            f"{run.service}: {name}: expected as in the other runs, not run"
            for name in names
            if had and name not in had
        ]


def by_service(found: Sequence[Comparison]) -> dict[str, list[Comparison]]:
    """Return the runs of each service, in order."""
    runs: dict[str, list[Comparison]] = {}
    for each in found:
        runs.setdefault(each.service, []).append(each)
    return runs


def undecided(runs: Sequence[Comparison]) -> list[str]:
    """Return the rows of which no run of a service could tell."""
    decided: dict[str, bool] = {}
    for each in (seen for run in runs for seen in run.seen):
        decided[each.name] = decided.get(each.name, False) or each.verdict != "INCONCLUSIVE"
    return [name for name, was in decided.items() if not was]


def summary(runs: Sequence[Comparison]) -> str:
    """Return what the runs of a service came to, in one line."""
    service = runs[0].service
    good = sum(not run.differences and run.decided for run in runs)
    said = [f"{service}: {good} of {len(runs)} as expected"]
    for number, run in enumerate(runs, 1):
        if run.differences:
            first = run.differences[0].removeprefix(f"{service}: ").replace("\n", " ")
            more = f" (and {len(run.differences) - 1} more)" if len(run.differences) > 1 else ""
            said.append(f"run {number}: {first}{more}")
        elif not run.decided:
            said.append(f"run {number}: no row was decided")
    if doubts := sum(len(run.doubts) for run in runs):
        said.append(f"{doubts} x INCONCLUSIVE")
    if lacking := undecided(runs):
        said.append(f"never decided: {', '.join(lacking)}")
    return "; ".join(said)


def exit_code(found: Sequence[Comparison], stress: bool = False) -> int:
    """Return the exit code of all runs.

    Args:
        found: what the runs came to, one at least.
        stress: whether the machine was kept busy: then rows may stay undecided, but not all.
    """
    if any(each.differences for each in found):
        return DIFFERS
    for runs in by_service(found).values():
        lacking = len(undecided(runs))
        if lacking and (not stress or lacking == len({s.name for run in runs for s in run.seen})):
            return UNDECIDED
    return 0


def _number(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of runs: give 1 or more")
    return int(text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for, print what differs and a summary; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.services.independent")
    parser.add_argument("services", nargs="*", metavar="SERVICE", help=", ".join(TARGETS))
    parser.add_argument("--tags", default=FUNCTIONAL)
    parser.add_argument("--times", type=_number, default=1, help="run each this many times")
    parser.add_argument("--stress", action="store_true", help="keep all cores busy meanwhile")
    parser.add_argument("--reports", type=Path, help="keep the reports in this folder")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.services) - set(TARGETS):
        parser.error(f"no service {', '.join(sorted(unknown))}; known are {', '.join(TARGETS)}")
    folder = asked.reports or Path(tempfile.mkdtemp(prefix="independent-"))
    folder.mkdir(parents=True, exist_ok=True)
    found: list[Comparison] = []
    services, was_stopped = dict.fromkeys(asked.services or TARGETS), False
    with busy_cores(folder) if asked.stress else nullcontext():
        try:
            _run_all(services, asked.times, asked.tags, folder, found)
        except KeyboardInterrupt:
            was_stopped = True
            print("stopped: what follows had come to an end before")
    print("\n".join(each.line for each in found))
    for runs in by_service(found).values():
        hold_together(runs)
        print(summary(runs))
    print(f"reports are in {folder}")
    return EXIT_ABORTED if was_stopped else exit_code(found, asked.stress)


def _run_all(
    services: Iterable[str], times: int, tags: str, folder: Path, found: list[Comparison]
) -> None:
    for service in services:
        for number in range(1, times + 1):
            print(f"{service}, run {number} of {times}: {tags}", flush=True)
            found.append(
                run(service, folder / f"{service}-{number}", [f"--tags={tags}"], tell=True)
            )
            for line in (*found[-1].differences, *found[-1].doubts):
                print(line, flush=True)


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    for told in (signal.SIGTERM, signal.SIGINT):  # a shell's background has it ignored
        signal.signal(told, _stop)
    sys.exit(main())
