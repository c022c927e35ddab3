#!/usr/bin/env bash
# TAP::Formatter::JUnit and TAP::Harness::JUnit: a test that the kernel kills is red in prove and green in both files.
#
# Expected: prove decides, and a formatter that is plugged into it writes down what it decided: what is FAIL has a failure or an error in the file,
#   what is PASS has none, and a skipped test is marked as skipped.
# Seen: both ask for the exit code of the script, and that is 0 when a signal ended it (prove looks at the wait status). A script that is killed
#   after its last test, as by the kernel for want of memory or by a crash at the end, is FAIL, "Non-zero wait status: 9", and in the
#   files of TAP::Formatter::JUnit 0.11 and TAP::Harness::JUnit 0.42 there is no failure and no error. A number that comes twice is FAIL and green too.
#   The other way round, a TODO that passes is PASS, and an error in the first, counted but not there in the second; a skipped test is a
#   passed one in the first.
# Why it matters: CI servers show the file. The job is red and all its tests are green, or the gate goes by the file and is green; "12 tests passed" counts
#   those that were skipped because there was no broker.
# Way to live with it: the exit code of prove for the verdict (set -o pipefail), the file for reading only; in tests of the pipeline a script that
#   kills itself behind its last test.
# Versions: libtap-formatter-junit-perl 0.11, libtap-harness-junit-perl 0.42 (Debian 12), Perl 5.36, TAP::Harness 3.44. Nothing found about it.
#
# Output seen:
#                     prove  Formatter::JUnit           Harness::JUnit
#   killed at the end FAIL   1 tests, 0 bad, 0 skipped  1 tests, 0 bad, 0 skipped
#   a number twice    FAIL   2 tests, 0 bad, 0 skipped  2 tests, 0 bad, 0 skipped
#   one skipped       PASS   2 tests, 0 bad, 0 skipped  2 tests, 0 bad, 1 skipped
#   TODO that passes  PASS   2 tests, 1 bad, 0 skipped  2 tests, 0 bad, 0 skipped
#   one failed        FAIL   2 tests, 1 bad, 0 skipped  2 tests, 1 bad, 0 skipped
set -euo pipefail
perl -MTAP::Formatter::JUnit -MTAP::Harness::JUnit -e 1 2>/dev/null || { echo "needs apt-get install libtap-formatter-junit-perl libtap-harness-junit-perl" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

mkdir t
cat > t/killed.t <<'T'
$| = 1;
print "1..1\nok 1 - ticks arrive\n";
kill 9, $$;
T
printf '%s\n' 'print "1..2\nok 1 - tick\nok 1 - tick\n";' > t/twice.t
printf '%s\n' 'print "1..2\nok 1 - tick\nok 2 # skip no broker\n";' > t/skipped.t
printf '%s\n' 'print "1..2\nok 1 - tick\nok 2 - book # TODO later\n";' > t/todo.t
printf '%s\n' 'print "1..2\nok 1 - tick\nnot ok 2 - book\n";' > t/failed.t
cat > probe.py <<'PROBE'
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

HARNESS = 'TAP::Harness::JUnit->new({xmlfile => "harness.xml", verbosity => -9})->runtests(shift)'


def count(file):
    root = ElementTree.parse(file).getroot()
    suites = list(root.iter("testsuite"))
    tests = sum(int(suite.get("tests")) for suite in suites)
    bad = sum(int(suite.get(kind) or 0) for suite in suites for kind in ("failures", "errors"))
    return f"{tests} tests, {bad} bad, {len(list(root.iter('skipped')))} skipped"


seen = {}
print(" " * 17, "prove  Formatter::JUnit           Harness::JUnit")
for name, script in (("killed at the end", "killed"), ("a number twice", "twice"), ("one skipped", "skipped"),
                     ("TODO that passes", "todo"), ("one failed", "failed")):
    script = f"t/{script}.t"
    verdict = "PASS" if subprocess.run(["prove", "-Q", script], capture_output=True).returncode == 0 else "FAIL"
    with open("formatter.xml", "wb") as file:
        subprocess.run(["prove", "--formatter", "TAP::Formatter::JUnit", script], stdout=file, stderr=subprocess.DEVNULL)
    subprocess.run(["perl", "-MTAP::Harness::JUnit", "-e", HARNESS, script], capture_output=True)
    seen[name] = (verdict, count("formatter.xml"), count("harness.xml"))
    print(f"{name:17} {verdict}   {seen[name][1]:26} {seen[name][2]}")

if seen != {"killed at the end": ("FAIL", "1 tests, 0 bad, 0 skipped", "1 tests, 0 bad, 0 skipped"),
            "a number twice": ("FAIL", "2 tests, 0 bad, 0 skipped", "2 tests, 0 bad, 0 skipped"),
            "one skipped": ("PASS", "2 tests, 0 bad, 0 skipped", "2 tests, 0 bad, 1 skipped"),
            "TODO that passes": ("PASS", "2 tests, 1 bad, 0 skipped", "2 tests, 0 bad, 0 skipped"),
            "one failed": ("FAIL", "2 tests, 1 bad, 0 skipped", "2 tests, 1 bad, 0 skipped")}:
    sys.exit("not as described any more")
PROBE
timeout 60 python3 probe.py
