#!/usr/bin/env bash
# behave-parallel-runners: in the processes that it recommends, the exit code is 0 whatever fails; by directory, nothing is run.
#
# Expected: a runner for behave --runner says what behave's own says: exit code 1 when a scenario fails. README: to run in
#   several processes is recommended, for threads have trouble with the Allure formatter.
# Seen: behave-parallel-runners 1.1.0 asks each worker's runner at the end whether it failed. With ProcessWorker the runner that ran is
#   in the other process; the one asked is the copy from before the start, which never failed. "1 failed" is printed, and the exit
#   code is 0; so too for an error and for a step that is missing. With ThreadWorker it is 1.
#   DirectoryTaskAllocator keeps the features that are not to be run and leaves out those that are: no scenario, exit code 0.
# Why it matters: the pipeline reads the exit code. The suite gets faster with the change, the summary still looks like behave's, and
#   from that day no regression stops a release. By directory it gets very fast.
# Way to live with it: gate on the JUnit or Allure results and their number; or ThreadWorker. In CI one scenario that must fail.
# Versions: behave-parallel-runners 1.1.0 (the newest), behave 1.3.3, Python 3.11.7. Nothing found about it. The runners as in the
#   README, whose import of .tasks is .task in the package.
#
# Output seen (three scenarios, two workers; scenarios that ran and exit code):
#                              all pass     one asserts  one raises   a step is missing
#   behave                     3  exit 0    3  exit 1    3  exit 1    3  exit 1
#   features in threads        3  exit 0    3  exit 1    3  exit 1    3  exit 1
#   features in processes      3  exit 0    3  exit 0    3  exit 0    3  exit 0
#   scenarios in processes     3  exit 0    3  exit 0    3  exit 0    3  exit 0
#   directories in processes   0  exit 0    0  exit 0    0  exit 0    0  exit 0
#   directories in threads     0  exit 0    0  exit 0    0  exit 0    0  exit 0
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check behave-parallel-runners==1.1.0 behave==1.3.3 >pip.log 2>&1 ||
  { cat pip.log; exit 1; }

mkdir -p features/steps
cat > features/environment.py <<'HOOKS'
def before_scenario(context, scenario):
    with open("ran.txt", "a") as ran:
        print(scenario.name, file=ran)
HOOKS
cat > features/steps/steps.py <<'STEPS'
from behave import then


@then("a tick arrives")
def arrives(context):
    pass


@then("the price is right")
def right(context):
    assert 99.95 == 100.0


@then("a tick arrives in time")
def in_time(context):
    raise TimeoutError("no tick within 2 s")
STEPS
cat > runners.py <<'RUNNERS'
from behave.runner import ITestRunner
from behave_parallel_runners.runner import ParallelRunner
from behave_parallel_runners.task import DirectoryTaskAllocator, FeatureTaskAllocator, ScenarioTaskAllocator
from behave_parallel_runners.workers import WorkerPoolExecutor
from behave_parallel_runners.workers.process import ProcessWorker
from behave_parallel_runners.workers.thread import ThreadWorker


def runner(allocator, worker):
    class Runner(ParallelRunner):
        def __init__(self, config):
            super().__init__(config, allocator(config), WorkerPoolExecutor(config, worker))

    ITestRunner.register(Runner)
    return Runner


FeaturesThreads = runner(FeatureTaskAllocator, ThreadWorker)
FeaturesProcesses = runner(FeatureTaskAllocator, ProcessWorker)
ScenariosProcesses = runner(ScenarioTaskAllocator, ProcessWorker)
DirectoriesProcesses = runner(DirectoryTaskAllocator, ProcessWorker)
DirectoriesThreads = runner(DirectoryTaskAllocator, ThreadWorker)
RUNNERS
cat > probe.py <<'PROBE'
import os
import pathlib
import subprocess
import sys

STEPS = ["a tick arrives", "the price is right", "a tick arrives in time", "a tick of tomorrow arrives"]
RUNS = [
    ("behave", None),
    ("features in threads", "FeaturesThreads"),
    ("features in processes", "FeaturesProcesses"),
    ("scenarios in processes", "ScenariosProcesses"),
    ("directories in processes", "DirectoriesProcesses"),
    ("directories in threads", "DirectoriesThreads"),
]
print(" " * 26 + "all pass     one asserts  one raises   a step is missing")
seen, ran = [], pathlib.Path("ran.txt")
for name, runner in RUNS:
    row = []
    for step in STEPS:
        pathlib.Path("features/ticks.feature").write_text(
            "Feature: Ticks\n" + "".join(f"  Scenario: {n}\n    Then {step if n == 2 else STEPS[0]}\n" for n in (1, 2, 3))
        )
        ran.unlink(missing_ok=True)
        options = ["--runner", f"runners:{runner}", "-j", "2"] if runner else []
        done = subprocess.run(
            [sys.executable, "-m", "behave", *options, "features"], capture_output=True, timeout=90, env=os.environ | {"PYTHONPATH": "."}
        )
        row.append((len(ran.read_text().split()) if ran.exists() else 0, done.returncode))
    seen.append(row)
    print(f"{name:<26} " + "    ".join(f"{count}  exit {code}" for count, code in row), flush=True)
right, green, none = [(3, 0)] + [(3, 1)] * 3, [(3, 0)] * 4, [(0, 0)] * 4
if seen != [right, right, green, green, none, none]:
    sys.exit("not as described any more")
PROBE
venv/bin/python -W ignore probe.py
