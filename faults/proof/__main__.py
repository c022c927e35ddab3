"""Prove the verdicts: `python -m faults.proof` runs the suite against every fault.

First the sound service must pass. Then each fault is run against the scenarios that it names; under
load a sample of faults against one scenario each. With `--full`, each functional fault is run
against all functional scenarios, and each fault under load against the quick load scenarios too. A
fault is caught when every scenario that it names fails, and says so in the declared words; no other
scenario may be red. Load scenarios measure: they run at the end, one at a time.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from faults.catalogue import UnknownFault, all_faults, find
from faults.fault import Fault
from faults.proof.findings import Proof
from faults.proof.matrix import write_matrix
from faults.proof.progress import NAME as PROGRESS
from faults.proof.progress import Progress
from faults.proof.prover import Prover, prove
from faults.proof.scope import of_every_fault
from faults.proof.suite import ROOT

EXIT_USAGE, EXIT_STOPPED = 2, 130
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _arguments(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m faults.proof", description=__doc__)
    parser.add_argument(
        "--full",
        action="store_true",
        help="ask every functional scenario of every functional fault, the quick load scenarios of "
        "the faults that load brings to light, and the long ones of those that name them",
    )
    parser.add_argument(
        "--alone",
        action="store_true",
        help="with --full: ask every cell of its fault alone. Otherwise what no fault of a group "
        "names is asked of the group at once, and alone only where that is not green",
    )
    parser.add_argument(
        "--quick", action="store_true", help="one scenario of each fault: the first that it names"
    )
    parser.add_argument(
        "--about",
        nargs="+",
        default=[],
        metavar="ID",
        help="with --full: ask these functional scenarios alone, such as QA-WS-010, of every "
        "functional fault: what has changed in one may notice faults that it did not",
    )
    parser.add_argument("--only", nargs="+", metavar="NAME", help="only these faults")
    parser.add_argument(
        "--sample", type=_count, metavar="N", help="only so many of them, drawn by --seed"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="draws others")
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on with a proof that was stopped, on the same state of service and suite: what "
        "was proven is not asked again",
    )
    parser.add_argument(
        "--jobs",
        type=_count,
        metavar="N",
        help="runs at a time; if not given, as many as the processors bear",
    )
    parser.add_argument(
        "--reports", type=Path, default=ROOT / "reports", help="folder for the matrix and the logs"
    )
    return parser.parse_args(given)


def _count(text: str) -> int:
    """Read a number of 1 or more."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text}: must be a number of 1 or more")
    return int(text)


def drawn(faults: Sequence[Fault], count: int, seed: int) -> list[Fault]:
    """Return so many of the faults, in their order; the same ones for the same seed."""
    places = random.Random(seed).sample(range(len(faults)), min(count, len(faults)))
    return [faults[place] for place in sorted(places)]


def main(given: Sequence[str]) -> int:
    """Prove the faults that the command line asks for; return the exit code."""
    arguments = _arguments(given)
    if arguments.about and (arguments.quick or not arguments.full):
        print("--about ID wants --full, and not --quick", file=sys.stderr)
        return EXIT_USAGE
    for each in arguments.about:
        if each not in of_every_fault():
            print(f"{each}: no functional scenario has this id", file=sys.stderr)
            return EXIT_USAGE
    try:
        chosen = [find(name) for name in arguments.only or all_faults()]
    except UnknownFault as problem:
        print(problem, file=sys.stderr)
        return EXIT_USAGE
    if arguments.sample:
        chosen = drawn(chosen, arguments.sample, arguments.seed)
    proof = Proof(
        arguments.full,
        chosen,
        picked=bool(arguments.only),
        quick=arguments.quick,
        alone=arguments.alone,
        about=frozenset(arguments.about),
    )
    progress = Progress(arguments.reports / PROGRESS, proof.asking(), arguments.resume)
    if progress.problem:
        print(progress.problem, file=sys.stderr)
    prover = Prover((arguments.reports / "faults").resolve(), arguments.jobs)
    began = time.monotonic()
    # Set even where a shell has told us to ignore them: the runs inherit what is ignored.
    before = {number: signal.signal(number, _as_interrupt) for number in SIGNALS}
    print(proof.terms(), flush=True)
    try:
        code = prove(proof, prover, lambda text: print(text, flush=True), progress)
    except KeyboardInterrupt:
        print("\nstopping: ending what is still running", file=sys.stderr)
        code = EXIT_STOPPED
    finally:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        prover.stop()
        for number, handler in before.items():
            signal.signal(number, handler)
    if proof.titles:
        write_matrix(arguments.reports, proof.as_dict(time.monotonic() - began))
        print()
        for complaint in (c for finding in proof.findings for c in finding.complaints()):
            print(complaint)
        print(f"{proof.summary()}  ({time.monotonic() - began:.0f} s)")
    elif code == EXIT_STOPPED:
        print("stopped before anything was proven")
    return code


def _as_interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
