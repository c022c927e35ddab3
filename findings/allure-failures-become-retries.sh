#!/usr/bin/env bash
# behave: three scenarios failed; Allure 3: all passed, "retries: 3".
#
# Expected: what behave ran once is one test in the report. A retry is a second run of the same scenario.
# Seen: Allure 3.18.0 takes results with one name and one set of parameters for runs of one test, keeps the last
#   and calls the ones before it retries. It happens, without a word from behave 1.3.3 or allure-behave 2.16.2,
#   to a row that stands in two tables of examples (though the two results have different historyIds), to a
#   scenario's name used twice in a feature, and to two files whose features and scenarios have the same names.
#   What failed first and passed last is in no number but "retries".
# Why it matters: "Examples: NSE" and "Examples: BSE" over the same rows, or nse/ticks.feature and
#   bse/ticks.feature, are how such suites are written. The failure of the first exchange is gone from the
#   report, from summary.json and from any gate on its numbers; behave's exit code alone has it. In the other
#   order the report is red and one test short.
# Way to live with it: gate on behave's exit code; compare "total" in summary.json with the number of scenarios
#   that behave says it ran; put the exchange into a column of the table, and into the feature's name.
# Versions: allure 3.18.0 (npm), allure-behave 2.16.2, behave 1.3.3, Node.js 20.20.2, Python 3.11.7. Allure
#   2.46.1 does the same. Issue 713 of allure-framework/allure3 is about passed tests shown as retries; this was
#   not found.
#
# Output seen:
#   behave: 3 scenarios passed, 3 failed, 0 skipped; exit code 1
#     failed  delay of 20 ms -- @1.1 NSE
#     failed  first tick
#     failed  nothing after the close
#   allure: status passed, passed 3, retries 3, total 3
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check behave==1.3.3 allure-behave==2.16.2
npm install --silent --no-audit --no-fund --ignore-scripts allure@3.18.0

mkdir -p features/steps features/nse features/bse
cat > features/delays.feature <<'FEATURE'
Feature: Delays
  Scenario Outline: delay of <ms> ms
    Then the second exchange is in time

    Examples: NSE
      | ms |
      | 20 |

    Examples: BSE
      | ms |
      | 20 |
FEATURE
cat > features/closes.feature <<'FEATURE'
Feature: Closes
  Scenario: nothing after the close
    Then the second exchange is in time

  Scenario: nothing after the close
    Then the second exchange is in time
FEATURE
for exchange in nse bse; do
  cat > features/$exchange/ticks.feature <<'FEATURE'
Feature: Ticks
  Scenario: first tick
    Then the second exchange is in time
FEATURE
done
cat > features/steps/steps.py <<'STEPS'
from behave import then

SEEN = set()


@then("the second exchange is in time")
def in_time(context):
    scenario = context.scenario.name.split(" -- ")[0]
    first = scenario not in SEEN
    SEEN.add(scenario)
    assert not first, "the first exchange is late"
STEPS
code=0
venv/bin/behave --no-color -f allure_behave.formatter:AllureFormatter -o results features > behave.log 2>&1 || code=$?
echo "behave: $(grep 'scenarios passed' behave.log); exit code $code"
python3 - <<'FAILED'
import json
import pathlib

results = [json.loads(path.read_text()) for path in pathlib.Path("results").glob("*-result.json")]
for name in sorted(result["name"] for result in results if result["status"] == "failed"):
    print("  failed ", name)
FAILED
CI=true npx allure generate results -o report > allure.log 2>&1 || { cat allure.log; exit 1; }
python3 - "$code" <<'REPORT'
import json
import pathlib
import sys

summary = json.loads(pathlib.Path("report/summary.json").read_text())
numbers = summary["stats"]
print(f"allure: status {summary['status']}, " + ", ".join(f"{name} {numbers[name]}" for name in sorted(numbers)))
results = [json.loads(path.read_text()) for path in pathlib.Path("results").glob("*-result.json")]
failed = sum(result["status"] == "failed" for result in results)
if (sys.argv[1], len(results), failed, summary["status"], numbers) != (
    "1", 6, 3, "passed", {"total": 3, "passed": 3, "retries": 3}
):
    sys.exit("not as described any more")
REPORT
