#!/usr/bin/env bash
# jest-cucumber: a scenario with three examples is one test, of the symbol "<symbol>", and passes.
#
# Expected: it reads features with Cucumber's own parser, to which "Scenario" with Examples is an outline like any other, since Gherkin 6.
#   What a column is called and how many rows a table has are no matter.
# Seen: jest-cucumber 4.5.0 goes by the word: under "Scenario:" the Examples are dropped, and the step gets "<symbol>" as its symbol. Names
#   of columns are put into a regular expression, so that <price (USD)> is not found and stays. A table of one row has a header and nothing
#   else, and the step gets []. None of it is an error; behave and radish refuse the first, Cucumber and pytest-bdd run three.
# Why it matters: a step that looks something up, as whether there is an error for this symbol, finds none for "<symbol>" and is green. The
#   same file has three tests in Cucumber and in the coverage of requirements, which uses its parser.
# Way to live with it: "Scenario Outline:" always; columns of letters only; tables with a header; the number of tests compared with that of
#   compiled pickles (@cucumber/gherkin).
# Versions: jest-cucumber 4.5.0 (the newest; 260,000 downloads a month), @cucumber/cucumber 12.9.0, Node.js 20.20.2, whose node:test is the
#   runner here. Nothing found about these.
#
# Output seen (what the steps get):
#               Cucumber             jest-cucumber
#   examples    NIFTY, TCS, WRONG    <symbol>
#   columns     100.5                <price (USD)>
#   table       [["18000.5","50"]]   []
#   exit code   1                    0
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts jest-cucumber@4.5.0 @cucumber/cucumber@12.9.0 >npm.log 2>&1 ||
  { cat npm.log; exit 1; }

mkdir -p features/support
cat > features/ticks.feature <<'FEATURE'
Feature: Ticks
  Scenario: examples
    Then there is no error for <symbol>
    Examples:
      | symbol |
      | NIFTY  |
      | TCS    |
      | WRONG  |

  Scenario Outline: columns
    Then the price is <price (USD)>
    Examples:
      | price (USD) |
      | 100.5       |

  Scenario: table
    Then the best bid is
      | 18000.5 | 50 |
FEATURE
cat > steps.js <<'STEPS'
const told = (scenario, value) => console.log(`step of ${scenario} got ${value}`);
exports.error = (symbol) => {
  told("examples", symbol);
  if (symbol === "WRONG") throw new Error("an error");
};
exports.price = (price) => told("columns", price);
exports.bid = (table) => told("table", JSON.stringify(table.rawTable ?? table));
STEPS
cat > features/support/steps.js <<'CUCUMBER'
const { Then } = require("@cucumber/cucumber");
const steps = require("../../steps.js");

Then(/^there is no error for (.*)$/, steps.error);
Then(/^the price is (.*)$/, steps.price);
Then("the best bid is", steps.bid);
CUCUMBER
cat > ticks.test.cjs <<'JEST'
const { describe, test } = require("node:test");
const { defineFeature, loadFeature, setJestCucumberConfiguration } = require("jest-cucumber");
const steps = require("./steps.js");

setJestCucumberConfiguration({ runner: { describe, test } });
defineFeature(loadFeature("features/ticks.feature"), (scenario) => {
  scenario("examples", ({ then }) => then(/^there is no error for (.*)$/, steps.error));
  scenario("columns", ({ then }) => then(/^the price is (.*)$/, steps.price));
  scenario("table", ({ then }) => then("the best bid is", steps.bid));
});
JEST
cat > probe.cjs <<'PROBE'
const { spawnSync } = require("node:child_process");

function run(...command) {
  const { stdout, status } = spawnSync("node", command, { encoding: "utf8" });
  const got = { examples: [], columns: [], table: [] };
  for (const [, scenario, value] of stdout.matchAll(/step of (\w+) got (.*)/g)) got[scenario].push(value);
  return { ...Object.fromEntries(Object.entries(got).map(([name, values]) => [name, values.join(", ")])), "exit code": String(status) };
}
const cucumber = run("node_modules/.bin/cucumber-js");
const jest = run("--test", "ticks.test.cjs");
console.log(`${"".padEnd(11)} ${"Cucumber".padEnd(20)} jest-cucumber`);
for (const [name, value] of Object.entries(cucumber)) console.log(`${name.padEnd(11)} ${value.padEnd(20)} ${jest[name]}`);
const wanted = ['NIFTY, TCS, WRONG|100.5|[["18000.5","50"]]|1', "<symbol>|<price (USD)>|[]|0"];
if ([cucumber, jest].some((seen, number) => Object.values(seen).join("|") !== wanted[number])) {
  console.error("not as described any more");
  process.exit(1);
}
PROBE
node probe.cjs
