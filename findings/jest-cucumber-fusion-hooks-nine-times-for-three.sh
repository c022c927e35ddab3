#!/usr/bin/env bash
# jest-cucumber-fusion: Before() of three scenarios runs nine times, a doc string does not arrive, and the rows of an outline have <price> in them.
#
# Expected: the hooks of Cucumber: Before() once before each scenario, each of them; steps get the doc string or the table of their scenario, with the values of the
#   row. jest-cucumber, which is below it, gives steps both.
# Seen: jest-cucumber-fusion 0.8.1 registers Before() and After() with Jest once for each scenario of the feature: with n scenarios each is run n times around each
#   of them. A second Before() takes the first one's place. A step found by a regular expression is called with what was read from the feature
#   before the values were put in: its table has the placeholder, in each row of the outline; a doc string is no list, and is left out. Where the
#   sentence itself has a placeholder, the values are right, so that the steps of one outline differ.
# Why it matters: a Before() that subscribes has three subscriptions in each of three scenarios, and each tick three times; in a feature of thirty it is thirty. A Before() that
#   starts a service finds its port taken. A check of rows with "<price>" compares NaN with NaN, or a text with itself.
# Way to live with it: beforeEach() of Jest; sentences as texts, not regular expressions, for steps with an argument; or jest-cucumber itself; in tests a counter
#   in Before().
# Versions: jest-cucumber-fusion 0.8.1 (the newest on npm), jest-cucumber 3.0.2, jest 29.7.0, Node.js 20.20.2. Nothing found about it.
#
# Output seen (three scenarios; an outline of two rows):
#                             jest-cucumber-fusion       jest-cucumber
#   Before, After             9, 9                       3, 3 (beforeEach, afterEach)
#   hooks that ran            second                     first second
#   doc string of a step      nothing                    {"price": 1}
#   table in an outline       <price> <price>            100.25 101
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts jest-cucumber-fusion@0.8.1 jest-cucumber@3.0.2 jest@29.7.0 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > three.feature <<'FEATURE'
Feature: three

  Scenario: first
    Given the feed sends
      """
      {"price": 1}
      """

  Scenario: second
    Given nothing is sent

  Scenario: third
    Given nothing is sent
FEATURE
cat > outline.feature <<'FEATURE'
Feature: outline

  Scenario Outline: prices
    Given the rows are
      | price   |
      | <price> |

    Examples:
      | price  |
      | 100.25 |
      | 101    |
FEATURE
cat > fusion.spec.js <<'SPEC'
const { After, Before, Fusion, Given } = require("jest-cucumber-fusion");
const { note } = require("./notes.js")("fusion");
Before(() => note("before", "first"));
Before(() => note("before", "second"));
After(() => note("after", "after"));
Given(/^nothing is sent$/, () => {});
Given(/^the feed sends$/, (text) => note("text", text));
Given(/^the rows are$/, (rows) => note("rows", rows[0].price));
Fusion(process.env.FEATURE);
SPEC
cat > plain.spec.js <<'SPEC'
const { defineFeature, loadFeature } = require("jest-cucumber");
const { note } = require("./notes.js")("plain");
beforeEach(() => note("before", "first"));
beforeEach(() => note("before", "second"));
afterEach(() => note("after", "after"));
const feature = loadFeature(process.env.FEATURE);
defineFeature(feature, (test) => {
  for (const { title, steps } of [...feature.scenarios, ...feature.scenarioOutlines]) {
    test(title, ({ given }) => {
      const { stepText } = steps[0];
      if (stepText === "nothing is sent") given(/^nothing is sent$/, () => {});
      if (stepText === "the feed sends") given(/^the feed sends$/, (text) => note("text", text));
      if (stepText === "the rows are") given(/^the rows are$/, (rows) => note("rows", rows[0].price));
    });
  }
});
SPEC
cat > notes.js <<'NOTES'
const { appendFileSync } = require("node:fs");
module.exports = (name) => ({ note: (what, value) => appendFileSync(`${name}.notes`, `${JSON.stringify([what, value ?? "nothing"])}\n`) });
NOTES

cat > probe.js <<'PROBE'
const assert = require("node:assert/strict");
const { spawnSync } = require("node:child_process");
const { readFileSync, rmSync } = require("node:fs");

function notes(name, feature) {
  rmSync(`${name}.notes`, { force: true });
  const args = ["node_modules/.bin/jest", "--ci", "--runInBand", "--watchman=false", "--rootDir", ".", `${name}.spec.js`];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", env: { ...process.env, FEATURE: `${__dirname}/${feature}` } });
  if (status) throw new Error(stderr);
  return readFileSync(`${name}.notes`, "utf8").trim().split("\n").map((line) => JSON.parse(line));
}
const columns = ["fusion", "plain"].map((name) => {
  const three = notes(name, "three.feature");
  const of = (list, what) => list.filter(([kind]) => kind === what).map(([, value]) => value);
  const hooks = [...new Set(of(three, "before"))];
  return [
    `${of(three, "before").length / hooks.length}, ${of(three, "after").length}`,
    hooks.join(" "),
    of(three, "text").join(" "),
    of(notes(name, "outline.feature"), "rows").join(" "),
  ];
});
const names = ["Before, After", "hooks that ran", "doc string of a step", "table in an outline"];
console.log(`${"".padEnd(25)} ${"jest-cucumber-fusion".padEnd(26)} jest-cucumber`);
names.forEach((name, n) => console.log(`${name.padEnd(25)} ${columns[0][n].padEnd(26)} ${columns[1][n]}${n ? "" : " (beforeEach, afterEach)"}`));
assert.deepEqual(
  columns,
  [
    ["9, 9", "second", "nothing", "<price> <price>"],
    ["3, 3", "first second", '{"price": 1}', "100.25 101"],
  ],
  "not as described any more",
);
PROBE
timeout 80 node probe.js
