#!/usr/bin/env bash
# gherkin-jest (stucumber): a table under a step of a Scenario Outline never arrives, and scenarios begin before the hook that connects is done.
#
# Expected: a step of an outline is a step: its table comes with it, <names> in it filled in; an asynchronous hook before a feature is waited for, as
#   the one before a scenario is; "\|" in a cell is a bar.
# Seen: gherkin-jest 0.24.0 on stucumber 0.19.0. Outlines are written out to scenarios with the texts of their steps only; the step's function gets no last
#   argument, without an error. A BeforeFeatures hook is called in Jest's beforeAll() by a function that does not return its promise (the one
#   of AfterFeatures does). A cell "BUY\|SELL" is two cells, and the row one longer than its header.
# Why it matters: "Then these ticks arrive:" with a table, in an outline, compares nothing with what came, if the step loops over rows. The connection of a
#   feature is there by chance: fast here, late on a busy machine, and what it raises is an unhandled rejection outside of every test.
# Way to live with it: no tables in outlines, values in the text; connect in BeforeScenarios. In tests a table whose rows are counted in a scenario and
#   in an outline.
# Versions: gherkin-jest 0.24.0, stucumber 0.19.0, jest 26.6.3 (npm; later ones want another kind of transformer), Node.js 20.20.2. Nothing found about it.
#
# Output seen (rows that the step got, from the same table of two levels; the hook takes 0.3 s; three passed of three in Jest):
#   Scenario             2
#   a cell "BUY\|SELL"   ["BUY\\","SELL"] under ["side"]
#   Scenario Outline     none
#   connected by then    false
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts gherkin-jest@0.24.0 stucumber@0.19.0 jest@26.6.3 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > jest.config.js <<'CONFIG'
module.exports = {
  testEnvironment: "node",
  testMatch: ["**/*.feature"],
  moduleFileExtensions: ["js", "json", "feature"],
  transform: { "\\.feature$": "gherkin-jest" },
  setupFiles: ["./steps.js"],
};
CONFIG
cat > book.feature <<'FEATURE'
Feature: book

  Scenario: a book
    Given the book as "Scenario"
      | price | size |
      | 101.5 | 10   |
      | 101.6 | 20   |
    And the sides
      | side      |
      | BUY\|SELL |

  Scenario Outline: a book of <symbol>
    Given the book as "Scenario Outline"
      | price | size |
      | 101.5 | 10   |
      | 101.6 | 20   |

    Examples:
      | symbol |
      | TCS    |

  Scenario: a feed
    Then the feed is connected
FEATURE
cat > steps.js <<'STEPS'
const fs = require("fs");
const { cucumber, HookType } = require("stucumber");

const note = (what, seen) => fs.appendFileSync("seen.txt", `${what.padEnd(20)} ${seen}\n`);
let connected = false;
cucumber.addHook(HookType.BeforeFeatures, async () => {
  await new Promise((resolve) => setTimeout(resolve, 300));
  connected = true;
});
cucumber.defineRule("the book as {string}", (world, kind, table) => note(kind, table ? table.asObjects().length : "none"));
cucumber.defineRule("the sides", (world, table) => {
  const [header, row] = table.raw();
  note('a cell "BUY\\|SELL"', `${JSON.stringify(row)} under ${JSON.stringify(header)}`);
});
cucumber.defineRule("the feed is connected", () => note("connected by then", connected));
STEPS
timeout 60 npx --no-install jest --runInBand >jest.log 2>&1 || { cat jest.log; exit 1; }
cat seen.txt
cat > want.txt <<'WANT'
Scenario             2
a cell "BUY\|SELL"   ["BUY\\","SELL"] under ["side"]
Scenario Outline     none
connected by then    false
WANT
grep -q "3 passed, 3 total" jest.log
diff seen.txt want.txt
