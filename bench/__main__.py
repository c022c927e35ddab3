"""`python -m bench`: run it, and leave reports/bench/bench.html, bench.json and the pictures."""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from bench.allocating import ALLOCATING_HEAD, allocating_table
from bench.crowd import CROWD_HEAD, crowd_table
from bench.figures import (
    FANOUT_HEAD,
    RECEIVING_HEAD,
    Run,
    fanout_table,
    receiving_table,
)
from bench.page import bench_markdown, bench_page
from bench.plots import crowd_plot, fanout_plot, growth_plot, receiving_plot
from bench.run import QUICK, Options, Sizes, run_bench
from bench.truth import TRUTH_HEAD, truth_table
from qaws.runtime.lock import hold
from qaws.verdict import Broken

EXIT_MISSED, EXIT_BROKEN, EXIT_ABORTED = 1, 2, 130
ROOT = Path(__file__).resolve().parents[1]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the bench; return the exit code: 0 met, 1 missed or in doubt, 2 broken, 130 aborted."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    asked = _parser().parse_args(given)
    signal.signal(signal.SIGTERM, _interrupt)
    folder = Path(asked.out)
    folder.mkdir(parents=True, exist_ok=True)
    options = Options(
        frozenset(asked.only),
        asked.repeats,
        asked.quick,
        frozenset(asked.without),
        shlex.join(["python", "-m", "bench", *given]) if given else "make bench",
        asked.swarm,
        asked.clients,
        asked.rate,
    )
    try:
        with hold(folder):
            run = run_bench(options, folder / "logs")
            _save(run, folder)
    except Broken as problem:
        print(f"BROKEN: {problem}", file=sys.stderr)
        return EXIT_BROKEN
    except KeyboardInterrupt:
        print("\nStopped: everything that was started has been ended", file=sys.stderr)
        return EXIT_ABORTED
    _tell(run, folder)
    return 0 if run.passed else EXIT_MISSED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--only",
        type=_parts,
        default="abcdeg",
        help="a: receiving, b: fan-out, c: the limit, d: how cost grows, "
        "e: whether latencies are true, g: what is allocated; such as --only ac; f, how large a "
        "crowd, if asked for",
    )
    parser.add_argument("--repeats", type=int, help="rounds (5, or as many as the time allows)")
    parser.add_argument("--quick", action="store_true", help="small sizes, no bounds")
    parser.add_argument(
        "--without", action="append", default=[], metavar="NAME", help="leave one out, such as k6"
    )
    parser.add_argument(
        "--clients", type=_count, metavar="N", help="part f: a crowd of this size only"
    )
    parser.add_argument(
        "--rate", type=_count, metavar="N", help="part f: this many ticks/s to each"
    )
    parser.add_argument(
        "--swarm",
        default="local",
        metavar="ADDRESS",
        help="where the swarm of parts b, d and f runs: tcp://host:port of a Dask scheduler; here "
        "if not given",
    )
    parser.add_argument("--out", default=str(ROOT / "reports" / "bench"), help="where results go")
    return parser


def _parts(text: str) -> str:
    letters = text.replace(",", "")
    if not letters or set(letters) - set("abcdefg"):
        raise argparse.ArgumentTypeError(f"{text!r}: choose out of a, b, c, d, e, f, g")
    return letters


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: must be a number of 1 or more")
    return int(text)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _save(run: Run, folder: Path) -> None:
    asked = (QUICK if run.quick else Sizes()).load
    pictures = {}
    if any(run.receiving.values()):
        pictures["receiving"] = receiving_plot(run)
    if any(run.fanout.values()):
        pictures["fanout"] = fanout_plot(run, asked.per_second * asked.clients)
    if any(run.growth.values()):
        pictures["growth"] = growth_plot(run)
    if any(run.crowd.values()):
        pictures["crowd"] = crowd_plot(run)
    for old in folder.glob("*.svg"):
        old.unlink()
    for name, picture in pictures.items():
        (folder / f"{name}.svg").write_text(picture, encoding="utf-8")
    (folder / "bench.json").write_text(run.to_json(), encoding="utf-8")
    (folder / "bench.md").write_text(bench_markdown(run), encoding="utf-8")
    (folder / "bench.html").write_text(bench_page(run, pictures), encoding="utf-8")


def _tell(run: Run, folder: Path) -> None:
    if run.receiving or run.limit:
        _table(RECEIVING_HEAD, receiving_table(run))
    if run.fanout:
        _table(FANOUT_HEAD, fanout_table(run))
    if run.allocating:
        _table(ALLOCATING_HEAD, allocating_table(run.allocating))
    if run.truth:
        _table(TRUTH_HEAD, truth_table(run.truth))
    if run.crowd:
        _table(CROWD_HEAD, crowd_table(run.crowd))
    print()
    for line in (*run.notes, *run.problems, *map(str, run.bounds())):
        print(line)
    words = "passed" if run.passed else "NOT passed"
    print(f"{words} in {run.seconds:.0f} s; {os.path.relpath(folder)}/bench.html")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    print()
    for row in (head, *rows):
        first, *rest = (
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  ".join([first, *rest]))


if __name__ == "__main__":
    sys.exit(main())
