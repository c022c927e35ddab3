"""Mutation testing: `python -m mutation [--sample N] [--seed S]`, for short `make mutation`."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from mutation.mutants import ROOT, Mutant, all_mutants, drawn
from mutation.nearness import functional
from mutation.record import (
    LEAST_SAMPLE,
    NAME,
    Record,
    digest,
    earlier,
    in_order,
    reasons,
    sound_of,
    survivors,
)
from mutation.trials import Trials
from mutation.verdicts import Verdict

EXIT_GOOD, EXIT_NOT_GOOD, EXIT_NOTHING, EXIT_STOPPED = 0, 1, 2, 130
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _arguments(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m mutation", description=__doc__)
    parser.add_argument("--sample", type=_count, default=LEAST_SAMPLE, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="draws others")
    parser.add_argument("--jobs", type=_count, default=2, metavar="N", help="runs at a time")
    parser.add_argument("--resume", action="store_true", help="keep what an earlier run has shown")
    parser.add_argument("--only", metavar="WORD", help="those whose name has this word")
    parser.add_argument(
        "--again", type=Path, metavar="FILE", help="what survived in an earlier record"
    )
    parser.add_argument(
        "--ask",
        nargs="+",
        choices=sorted(functional()),
        default=(),
        metavar="ID",
        help="no other functional scenarios than these",
    )
    parser.add_argument("--first", type=_count, metavar="N", help="the first N of the sample alone")
    parser.add_argument("--list", action="store_true", help="only list the sample")
    parser.add_argument("--reports", type=Path, default=ROOT / "reports")
    return parser.parse_args(given)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text}: must be a number of 1 or more")
    return int(text)


def main(given: Sequence[str]) -> int:
    """Run the mutants that the command line asks for; return the exit code."""
    arguments = _arguments(given)
    everything = all_mutants()
    try:
        sample = (
            survivors(arguments.again, everything)
            if arguments.again
            else drawn(everything, arguments.sample, arguments.seed)
        )
    except ValueError as error:
        print(f"mutation: --again {error}")
        return EXIT_NOTHING
    if arguments.only:
        sample = [each for each in sample if arguments.only in each.name]
    wanted = len(sample)
    sample = sample[: arguments.first]
    if not sample:
        print(f"mutation: no mutant of the sample has {arguments.only!r} in its name; see --list")
        return EXIT_NOTHING
    if arguments.list:
        print("\n".join(f"{each.name}  {' '.join(each.diff)}" for each in sample))
        return EXIT_GOOD
    record = Record(len(everything), wanted, arguments.seed, digest(arguments.ask), reasons())
    record.again, record.only = str(arguments.again or ""), arguments.ask
    print(record.terms(), flush=True)
    trials = Trials((arguments.reports / "mutation").resolve(), arguments.jobs)
    known: dict[Mutant, Verdict] = {}
    before = {number: signal.signal(number, _as_interrupt) for number in SIGNALS}
    try:
        known |= earlier(arguments.reports, record.of) if arguments.resume else {}
        _ask(arguments, sample, record, trials, known)
        code = EXIT_GOOD if record.is_good else EXIT_NOT_GOOD
    except KeyboardInterrupt:
        print("\nstopping: ending what is still running", file=sys.stderr)
        code = EXIT_STOPPED
    finally:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        trials.stop()
        for number, handler in before.items():
            signal.signal(number, handler)
    record.verdicts = in_order(sample, known)
    if record.verdicts:
        record.write(arguments.reports)
    print("\n".join(["", *record.details()[1:], record.summary(), f"{arguments.reports / NAME}"]))
    return code


def _ask(
    arguments: argparse.Namespace,
    sample: Sequence[Mutant],
    record: Record,
    trials: Trials,
    known: dict[Mutant, Verdict],
) -> None:
    """Ask the sound service, then the sample, then apart what survived; say and write each.

    Args:
        arguments: of the command line.
        sample: the mutants.
        record: is written after each verdict.
        trials: run them.
        known: verdicts of an earlier run; takes all others.
    """
    began = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - began:6.1f} s  {text}", flush=True)

    def take(verdict: Verdict) -> None:
        known[verdict.mutant] = verdict
        note()
        what = f"{record.outcome(verdict)}  {verdict.mutant.name}  {verdict.seconds:.1f} s"
        say(f"{what}  {verdict.by} {verdict.words}")

    def note() -> None:
        record.left_out, record.starved = trials.left_out, trials.starved
        record.seconds, record.apart_seconds = trials.seconds, trials.apart_seconds
        record.verdicts = in_order(sample, known)
        record.write(arguments.reports)

    if sound := sound_of(arguments.reports, record.of) if arguments.resume else {}:
        trials.seconds, trials.starved = sound["seconds"], sound["starved"]
        trials.left_out, trials.apart_seconds = sound["left_out"], sound["apart_seconds"]
    else:
        trials.sound(say, arguments.ask)
    say(f"the sound service passes {len(trials.seconds)} tests")
    green = {each: v for each, v in known.items() if v.outcome == "undecided"}
    asked = [each for each in sample if each not in known or each in green]
    for verdict in trials.verdicts(asked, green):
        take(verdict)
    left = {each: known[each] for each in sample if record.outcome(known[each]) == "survived"}
    for verdict in trials.apart(left, say):
        take(verdict)
    note()


def _as_interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
