#!/usr/bin/env bash
# cucumon: behind a doc string that says """json the rest of the feature is text: four scenarios are one, without an error.
#
# Expected: "Cucumon supports gherkin feature file format": a doc string may have a type behind its quotes and ends at the next three; its indentation counts from the quotes; a
#   placeholder is the header's text; backslashes in tables are those of Gherkin.
# Seen: cucumon 1.4.2 looks for a line that is the same as the first one: """json is ended by """json only, or by the end of the file, which is no error (a second
#   such step in the feature ends the first, and its text is an unexpected line then). Each line of a doc string is trimmed. Headers become regular
#   expressions as they are: <price ($)> and <side (bid or ask)> are never replaced, and the step is run with the placeholder. A value is a replacement
#   text: US$$ becomes US$. A backslash and what it stands for in a table stay as they are written.
# Why it matters: features about messages are full of """json; the report has one scenario, and it passes or fails for its own reasons. Nobody counts the scenarios
#   of a green run. A template in YAML loses its meaning with its indentation.
# Way to live with it: """ without a type; headers of letters only; compare the number of scenarios with @cucumber/gherkin in one check of the repository.
# Versions: cucumon 1.4.2 (the newest on npm; cytorus reads features with it), @cucumber/gherkin 42.0.1, @cucumber/messages 34.2.1, Node.js 20.20.2. Nothing
#   found about it.
#
# Output seen (the same feature of 1 outline with 2 rows and 2 scenarios; first its text with """json, then with """):
#                                 cucumon                             @cucumber/gherkin
#   scenarios with """json        1                                   4
#   scenarios with """            4                                   4
#   text of the message           {|"bids":|- 1|}                     {|  "bids":|    - 1|}
#   header <price ($)>            the price is <price ($)>            the price is 100
#   value US$$ 1                  paid in US$ 1                       paid in US$$ 1
#   a\\b in a table               a\\b                                a\b
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts cucumon@1.4.2 @cucumber/gherkin@42.0.1 @cucumber/messages@34.2.1 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > ticks.feature <<'FEATURE'
Feature: ticks

  Scenario: as it is sent
    Given the feed sends
      """json
      {
        "bids":
          - 1
      }
      """
    Then one tick arrives

  Scenario: none is lost
    Then the order is kept

  Scenario Outline: currency
    Then the price is <price ($)>
    And paid in <currency>
    And with the rows
      | a\\b |

    Examples:
      | price ($) | currency |
      | 100       | US$$ 1   |
      | 101       | EUR      |
FEATURE
cat > probe.mjs <<'PROBE'
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { AstBuilder, GherkinClassicTokenMatcher, Parser, compile } from "@cucumber/gherkin";
import { IdGenerator } from "@cucumber/messages";
import Cucumon from "cucumon";

function cucumon(text) {
  const scenarios = new Cucumon({}).parse(text).rules.flatMap((rule) => rule.scenarios.flatMap((scenario) => scenario.expanded ?? [scenario]));
  return scenarios.map(({ steps }) =>
    steps.map(({ statement, arg }) => ({ statement, text: arg?.type === "DocString" ? arg.content : undefined, table: arg?.type === "DataTable" ? arg.content : undefined })),
  );
}
function official(text) {
  const newId = IdGenerator.incrementing();
  const document = new Parser(new AstBuilder(newId), new GherkinClassicTokenMatcher()).parse(text);
  return compile(document, "ticks.feature", newId).map(({ steps }) =>
    steps.map(({ text: statement, argument }) => ({
      statement,
      text: argument?.docString?.content,
      table: argument?.dataTable?.rows.map((row) => row.cells.map((cell) => cell.value)),
    })),
  );
}

const typed = readFileSync("ticks.feature", "utf8");
const plain = typed.replace('"""json', '"""');
const columns = [cucumon, official].map((read) => {
  const [first, , third] = read(plain);
  return [
    String(read(typed).length),
    String(read(plain).length),
    first[0].text.replaceAll("\n", "|"),
    third[0].statement,
    third[1].statement,
    third[2].table[0][0],
  ];
});
const names = ['scenarios with """json', 'scenarios with """', "text of the message", "header <price ($)>", "value US$$ 1", "a\\\\b in a table"];
console.log(`${"".padEnd(29)} ${"cucumon".padEnd(35)} @cucumber/gherkin`);
names.forEach((name, n) => console.log(`${name.padEnd(29)} ${columns[0][n].padEnd(35)} ${columns[1][n]}`));
assert.deepEqual(
  columns,
  [
    ["1", "4", '{|"bids":|- 1|}', "the price is <price ($)>", "paid in US$ 1", "a\\\\b"],
    ["4", "4", '{|  "bids":|    - 1|}', "the price is 100", "paid in US$$ 1", "a\\b"],
  ],
  "not as described any more",
);
PROBE
timeout 60 node probe.mjs
