#!/usr/bin/env bash
# create-junit-report: "false" on the command line is a pass, and of a suite's results the last one is the report.
#
# Expected: README: "Can be used to create a JUnit XML file from command line, e.g. from a shell script's results"; passed is a boolean. false
#   is a failure there as it is in the README's own call; two results for a suite are two test cases in its file.
# Seen: create-junit-report 1.1.0 asks whether the text is empty or a number zero: "false", "no" and "failed" are a pass, and the message that
#   was given is thrown away. Only 0 is a failure: which is what $? holds after a success. Each call writes the suite's file anew:
#   a failure and then a pass is one test, passed. Suites "BTC/USD" and "BTCUSD" share a file as well.
# Why it matters: a smoke test of a feed in a shell script, with "passed" from [ ... ] && echo true || echo false, is green in CI through each
#   outage. With $? each success is red, and the failures are green. And the last check decides for all.
# Way to live with it: 1 and 0 only, never $?; one suite for each test; in CI count the test cases of the folder, and prove once that a failure
#   arrives.
# Versions: create-junit-report 1.1.0 (the newest on npm), Node 20.20.2.
#
# Output seen (suite ticks, message "no tick came"):
#   passed true            tests 1  failures 0
#   passed false           tests 1  failures 0   (right: failures 1)
#   passed 1, exit status  tests 1  failures 0   (right: failures 1)
#   passed 0, exit status  tests 1  failures 1   (right: failures 0)
#   0, then 1              tests 1  failures 0   (right: tests 2  failures 1)
#   BTC/USD 0, BTCUSD 1    tests 1  failures 0   (right: two files, failures 1)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-fund --no-audit --no-save create-junit-report@1.1.0 >npm.log 2>&1 || { cat npm.log; exit 1; }

# What the reports hold after the calls, each "suite=passed".
report() {
  rm -rf reports
  local call number=0
  for call in "$@"; do
    number=$((number + 1))
    timeout 30 node_modules/.bin/create-junit-report "${call%=*}" feed "test $number" "${call#*=}" "no tick came" --outputPath reports
  done
  local tests failures
  tests=$(cat reports/*.xml | grep -o '<testcase ' | wc -l)
  failures=$(cat reports/*.xml | grep -o '<failure ' | wc -l) || true
  echo "tests $tests  failures $failures"
}

status=0
check() { # name, what is right, what was seen when this was written, the calls
  local name=$1 right=$2 wanted=$3 seen
  shift 3
  seen=$(report "$@")
  printf '%-22s %s%s\n' "$name" "$seen" "${right:+   (right: $right)}"
  [[ $seen == "$wanted" ]] || status=1
}

check 'passed true' '' 'tests 1  failures 0' ticks=true
check 'passed false' 'failures 1' 'tests 1  failures 0' ticks=false
check 'passed 1, exit status' 'failures 1' 'tests 1  failures 0' ticks=1
check 'passed 0, exit status' 'failures 0' 'tests 1  failures 1' ticks=0
check '0, then 1' 'tests 2  failures 1' 'tests 1  failures 0' ticks=0 ticks=1
check 'BTC/USD 0, BTCUSD 1' 'two files, failures 1' 'tests 1  failures 0' BTC/USD=0 BTCUSD=1
if ((status)); then
  echo 'not as described any more' >&2
fi
exit "$status"
