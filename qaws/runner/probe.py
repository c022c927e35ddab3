"""`qaws probe [TARGET]`: the first look by itself, and what a run against this target will verify.

Exit code 0: target file and service speak of the same thing. 2: they do not, or one of them cannot
be used, and the last line says why, and which key to look at; or something is marked `!!`.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from qaws import places
from qaws.clients import browser_page
from qaws.gherkin.plan_command import parsed
from qaws.gherkin.tags import PRIORITIES
from qaws.runner.first_service import start_first
from qaws.runner.offer import Row, most_gained, offers
from qaws.runtime.timeout_factor import timeout_factor_of
from qaws.sut.launch_sections import SETTINGS
from qaws.sut.target import Target
from qaws.sut.target_file import read_target
from qaws.testbed.first_look import look
from qaws.testbed.look_words import FirstLook
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, NotVerified

EXIT_OK, EXIT_BROKEN = 0, 2
MIB = 1024 * 1024
MARKS = {True: "ok", False: "!!", None: "--"}
Say = Callable[[str], None]


def main(arguments: Sequence[str]) -> int:
    """Probe the target that the command line names; return the exit code."""
    parser = argparse.ArgumentParser(prog="qaws probe", allow_abbrev=False)
    chosen = os.environ.get("QAWS_TARGET")
    shown = chosen or f"{places.REFERENCE}, or the only one in {places.TARGETS}/"
    parser.add_argument("target", nargs="?", default=chosen, help=f"default: {shown}")
    parser.add_argument(
        "-D", action="append", default=[], metavar="SECTION.KEY=VALUE", help="as with behave"
    )
    given = parser.parse_args(arguments)
    overrides = dict(text.partition("=")[::2] for text in given.D)
    try:
        chosen = overrides.pop("target", None) or given.target
        file = Path(chosen) if chosen else places.default_target()
        if unknown := [name for name in overrides if "." not in name]:
            raise Broken(f"-D {unknown[0]}=…: no such setting; known are target, SECTION.KEY")
    except Broken as problem:
        print(f"BROKEN: {problem}", file=sys.stderr)
        return EXIT_BROKEN
    return probe(file, overrides, lambda text: print(text, flush=True))


def probe(file: Path, overrides: Mapping[str, str], say: Say) -> int:
    """Probe a target; return the exit code."""
    found, began = FirstLook(), time.monotonic()
    try:
        target = read_target(file, overrides)
        say(f"{file}: {target.name}, dialect {target.speaks}, at {target.endpoint.url}\n")
        _look(target, found, say)
    except (Broken, NotVerified) as problem:
        print(f"\nBROKEN: {problem}", file=sys.stderr, flush=True)
        return EXIT_BROKEN
    _tell_offer(target, found, say)
    remarks = len(found.remarks)
    seen = "all as it should be"
    if remarks:
        seen = f"{remarks} remark{'s' * (remarks != 1)} above, marked !!"
    say(f"\nprobed in {time.monotonic() - began:.1f} s; {seen}")
    return EXIT_BROKEN if remarks else EXIT_OK


def _look(target: Target, found: FirstLook, say: Say) -> None:
    """Start what the target names, look, and say what was seen, also where the look ends."""
    folder = Path(os.environ.get("QAWS_REPORTS") or "reports") / "probe"
    began = time.monotonic()
    testbed = Testbed(target, folder, timeout_factor_of())
    try:
        start_first(testbed)
        how = "started" if target.launch else "runs already, not started by the suite"
        took = f" in {time.monotonic() - began:.1f} s" if target.launch else ""
        found.note("service", f"{how}{took}, at {testbed.service.url}")
        if testbed.broker:
            found.note("broker", testbed.broker.shown_url)
        try:
            look(testbed, target.capabilities, found, whole=True)
            _tell_process(testbed, found)
            _tell_logs(testbed, found)
        finally:
            _tell_steps(target, found, say)
    finally:
        testbed.stop()


def _tell_process(testbed: Testbed, found: FirstLook) -> None:
    """Note whether the service's process can be observed."""
    if testbed.target.launch is None:
        return
    try:
        pids = testbed.service.serving_pids()
        memory = testbed.service.memory_bytes() / MIB
        held = testbed.service.snapshot(("files", "threads", "sockets"))
    except (Broken, NotVerified) as problem:
        found.note("process", str(problem), False)
    else:
        which = ", ".join(map(str, pids))
        found.note("process", f"{which}: private memory {memory:.1f} MB; {held}")


def _tell_logs(testbed: Testbed, found: FirstLook) -> None:
    """Note what the service has written so far."""
    launch, process = testbed.target.launch, testbed.service.process
    if launch is None or process is None:
        return
    lines = len(process.read_log().splitlines())
    found.note("output", f"{lines} line{'s' * (lines != 1)}")
    for name in launch.log_files:
        pattern = name.format(**testbed.placeholders, port=testbed.service.port)
        files = sorted(launch.directory.glob(pattern)) if not Path(pattern).is_absolute() else None
        there = files if files is not None else sorted(_absolute(Path(pattern)))
        written = sum(file.stat().st_size for file in there)
        seen = f"{len(there)} file{'s' * (len(there) != 1)}, {written:,} bytes"
        found.note(
            f"log file {name}", seen if there else "is not there (yet)", bool(written) or None
        )


def _absolute(pattern: Path) -> list[Path]:
    anchor = Path(pattern.anchor)
    return list(anchor.glob(str(pattern.relative_to(anchor))))


def _tell_steps(target: Target, found: FirstLook, say: Say) -> None:
    """Say what was found, step by step, and what the target leaves out."""
    say("What was found")
    width = max((len(step.what) for step in found.steps), default=0)
    for step in found.steps:
        say(f"  {MARKS[step.fits]}  {step.what:<{width}}  {step.seen}")
    absent = {
        "[launch]": target.launch is None,
        "[feed]": target.feed is None,
        "[statistics]": target.statistics is None,
        "[settings]": not target.settings,
    }
    if names := [name for name, is_absent in absent.items() if is_absent]:
        say(f"  --  the target file has no {', '.join(names)}")
    if target.settings:
        own = " (in no feature of the suite)"
        shown = ", ".join(f'"{name}"{own * (name not in SETTINGS)}' for name in target.settings)
        say(f"  --  {'settings':<{width}}  {shown} (tried by the scenarios that change them)")
    for reason, other in target.deviations.items():
        seen = f'{other.code} "{other.reason}", declared instead of "{reason}": never passed'
        say(f"  --  {'deviation':<{width}}  {seen}")
    if target.declines:
        say(f"  --  {'declines':<{width}}  {', '.join(target.declines)}")


def _tell_offer(target: Target, found: FirstLook, say: Say) -> None:
    """Say which scenarios will run, and why the others will not be verified."""
    lacking = dict(found.withheld)
    if why := browser_page.missing():
        lacking["browser"] = why
    rows = offers(parsed(places.FEATURES), target, lacking)
    say("\nWhich scenarios will run")
    if gain := most_gained(rows):
        say(f"  {gain}")
    for row in rows:
        count = f"{row.running}/{row.rows}"
        line = f"  {row.id}  {row.priority:<7}  {count:>7}  {row.title}"
        say(f"{line}\n{'':30}not verified: {row.reasons}" if row.lacking else line)
    say("")
    for priority in PRIORITIES:
        say(f"  {_sum(priority, [row for row in rows if row.priority == priority])}")


def _sum(priority: str, rows: Sequence[Row]) -> str:
    running, every = sum(row.running for row in rows), sum(row.rows for row in rows)
    rest = f"; {every - running} will be NOT VERIFIED" if every > running else ""
    return f"{priority}: {running} of {every} scenarios and rows will run{rest}"
