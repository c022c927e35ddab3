#!/usr/bin/env bash
# @amiceli/vitest-cucumber: the login of the Background fails, and the order of the scenario is sent all the same; tables of an outline keep their <price>.
#
# Expected: Gherkin, as Cucumber runs it: behind a failed step the rest of its scenario is skipped; a scenario is one result; <names> in a table of a
#   Scenario Outline are filled in, as in its steps and texts.
# Seen: @amiceli/vitest-cucumber 7.0.0 makes a test of each step, and Vitest runs all tests of a group, so that When and Then run behind a
#   failed Given or Background. A scenario of three steps that failed at its first is "1 failed, 2 passed"; with retry in Vitest's
#   configuration the step alone is done again, not what led to it. In outlines the texts in """ are filled in, cells of tables come as "<price>".
# Why it matters: orders and unsubscriptions go out in a state that the scenario has just found to be wrong, against a real test account too; the failures
#   behind the first one hide it in the report, and the passes are counted. A Then that finds what an earlier scenario left passes. A step
#   that compares rows with the stream looks for the symbol "<symbol>" and, if it asks for its absence, is content.
# Way to live with it: a flag of one's own in the steps, or bail: 1 in Vitest's configuration, which ends the whole run; no tables in outlines. In tests a
#   scenario whose first step throws, and what its last one did.
# Versions: @amiceli/vitest-cucumber 7.0.0 (8.0.0, which wants Vitest 5, has the same code there), vitest 4.1.12 (npm), Node.js 20.20.2. The README
#   says that steps are Vitest's tests, not what follows from it; nothing found.
#
# Output seen (what the steps did, in order):
#   login refused, order sent, order is filled
#   table [{"symbol":"<symbol>","price":"<price>"}], text TCS at 101.5
#   Vitest: 1 failed, 5 passed of two scenarios
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts @amiceli/vitest-cucumber@7.0.0 vitest@4.1.12 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > orders.feature <<'FEATURE'
Feature: orders

  Background:
    Given a login

  Scenario: an order
    When an order is sent
    Then it is filled

  Scenario Outline: a book of <symbol>
    Given the book of <symbol> at <price>
      | symbol   | price   |
      | <symbol> | <price> |
    Then the text is
      """
      <symbol> at <price>
      """

    Examples:
      | symbol | price |
      | TCS    | 101.5 |
FEATURE
cat > orders.spec.js <<'SPEC'
import fs from "node:fs";
import { describeFeature, loadFeature } from "@amiceli/vitest-cucumber";

const note = (text) => fs.appendFileSync("seen.txt", `${text}\n`);
let logins = 0;
describeFeature(await loadFeature("./orders.feature"), ({ Background, Scenario, ScenarioOutline }) => {
  Background(({ Given }) => {
    Given("a login", () => {
      logins += 1;
      if (logins > 1) return;
      note("login refused");
      throw new Error("refused");
    });
  });
  Scenario("an order", ({ When, Then }) => {
    When("an order is sent", () => note("order sent"));
    Then("it is filled", () => note("order is filled"));
  });
  ScenarioOutline("a book of <symbol>", ({ Given, Then }) => {
    Given("the book of <symbol> at <price>", (context, table) => note(`table ${JSON.stringify(table)}`));
    Then("the text is", (context, text) => note(`text ${text}`));
  });
});
SPEC
status=0
NO_COLOR=1 timeout 60 npx --no-install vitest run >vitest.log 2>&1 || status=$?
sed -n 1,3p seen.txt | paste -sd, | sed 's/,/, /g'
sed -n 4,5p seen.txt | paste -sd'|' | sed 's/|/, /'
summary=$(sed -nE 's/^ *Tests +([0-9]+ failed) \| ([0-9]+ passed).*/\1, \2/p' vitest.log)
echo "Vitest: $summary of two scenarios"
cat > want.txt <<'WANT'
login refused
order sent
order is filled
table [{"symbol":"<symbol>","price":"<price>"}]
text TCS at 101.5
WANT
diff seen.txt want.txt
test "$status" -eq 1
test "$summary" = "1 failed, 5 passed"
