#!/usr/bin/env bash
# @bifravst/bdd-markdown: what is in a rule is never run, a Background is run once, and the suite is ok.
#
# Expected: the README lists the keyword Rule among what is supported, and the types have a Background: the scenarios of a rule are run, the background before each scenario.
#   "features can be skipped, this will also skip all dependent and transiently dependent features".
# Seen: the parser of @bifravst/bdd-markdown 8.2.26 keeps rules beside the scenarios, and the runner walks the scenarios only: a rule's steps are not run, not counted, not looked up
#   (a step without a runner is no error there). "## Background" is read as a scenario with this title and run once, before the first. A feature that is skipped
#   because what it needs has failed counts as ok for those who need it: they run.
# Why it matters: a feature put in order with rules loses its tests in the same commit, and the result stays ok. A subscription in the background is there for the first
#   scenario only. Tests of orders run against a feed whose login has failed.
# Way to live with it: no rules and no background; name each feature that is needed, not only the last of the chain; compare the number of scenarios in the result
#   with the headings in the files.
# Versions: @bifravst/bdd-markdown 8.2.26 (npm), Node.js 20.20.2. Source: parser/feature, runner/suiteWalker and runSuite. Nothing found about it.
#
# Output seen (steps that were run):
#   rule        1         ok: true, features: 1 passed, 0 failed, 0 skipped
#   background  open 1 2  ok: true, features: 1 passed, 0 failed, 0 skipped
#   needs       a c       ok: false, features: 1 passed, 1 failed, 1 skipped
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts @bifravst/bdd-markdown@8.2.26 >npm.log 2>&1 || { cat npm.log; exit 1; }

mkdir rule background needs
cat > rule/Feed.feature.md <<'FEATURE'
# Feed

## First tick

Then `1` is asked

## Rule: halts

### Second tick

Then `2` is asked

### Third tick

Then `3` is wrong
FEATURE
cat > background/Feed.feature.md <<'FEATURE'
# Feed

## Background

Given the market is `open`

## First tick

Then `1` is asked

## Second tick

Then `2` is asked
FEATURE
printf '# A\n\n## One\n\nThen `a` is wrong\n' >needs/A.feature.md
printf -- '---\nneeds:\n  - A\n---\n\n# B\n\n## One\n\nThen `b` is asked\n' >needs/B.feature.md
printf -- '---\nneeds:\n  - B\n---\n\n# C\n\n## One\n\nThen `c` is asked\n' >needs/C.feature.md

cat > probe.mjs <<'PROBE'
import path from "node:path";

const { runFolder } = await import(path.resolve("node_modules/@bifravst/bdd-markdown/dist/runner/runFolder.js"));

const run = async (folder) => {
  const seen = [];
  const note = ({ step }) => seen.push(step.title.match(/`(.*)`/)[1]);
  const wrong = (args) => {
    note(args);
    throw new Error("wrong");
  };
  const runner = await runFolder({ folder: path.resolve(folder), name: folder });
  runner.addStepRunners(
    { match: (title) => /is (asked|`open`)$/.test(title), run: async (args) => void note(args) },
    { match: (title) => /is wrong$/.test(title), run: async (args) => wrong(args) },
  );
  const { ok, summary } = await runner.run();
  return `${seen.join(" ").padEnd(9)} ok: ${ok}, features: ${summary.passed} passed, ${summary.failed} failed, ${summary.skipped} skipped`;
};
const expected = {
  rule: "1         ok: true, features: 1 passed, 0 failed, 0 skipped",
  background: "open 1 2  ok: true, features: 1 passed, 0 failed, 0 skipped",
  needs: "a c       ok: false, features: 1 passed, 1 failed, 1 skipped",
};
let right = true;
for (const name of Object.keys(expected)) {
  const text = await run(name);
  console.log(`${name.padEnd(11)} ${text}`);
  right &&= text === expected[name];
}
if (!right) {
  console.error("not as described any more");
  process.exit(1);
}
PROBE
timeout 60 node probe.mjs
