// How Allure makes the report: one file, light, with our categories, gates and the sign-off sheet.
// generate.mjs reads this; QAWS_REPORTS and QAWS_OUTPUT come from qaws/report/signoff.py.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { qualityGateDefaultRules } from "allure/rules";

const reports = resolve(process.env.QAWS_REPORTS ?? "reports");
const runFile = join(reports, "run.json");
const run = existsSync(runFile) ? JSON.parse(readFileSync(runFile, "utf8")) : {};
const results = join(reports, "allure-results");
const ran = existsSync(results) && readdirSync(results).some((name) => name.endsWith("-result.json"));
const selected = Math.max(1, run.selected?.length ?? 0);

/** A gate on the number of results of one status; the built-in rules ignore skipped ones. */
const none = (rule, status, words) => ({
  rule,
  message: ({ actual, expected }) => `${actual} scenarios ${words}, allowed ${expected}`,
  validate: async ({ trs, expected }) => {
    const found = trs.filter((tr) => tr.status === status);
    return { success: found.length <= expected, actual: found.length, testResults: found.map(({ id }) => id) };
  },
});

export default {
  name: `Acceptance of ${run.target?.name ?? "a market-tick service"}`,
  output: process.env.QAWS_OUTPUT ?? join(reports, ".allure"),
  resultsDir: results,
  historyPath: join(reports, "history.jsonl"),
  historyLimit: 20,
  appendHistory: ran,
  hideLabels: ["framework", "language", "place", "ALLURE_ID"],
  categories: {
    rules: [
      { name: "Acceptance criterion not met", matchers: { statuses: ["failed"] }, groupBy: ["severity"] },
      { name: "Inconclusive", matchers: { statuses: ["broken"], message: /^INCONCLUSIVE/ } },
      { name: "Undefined steps", matchers: { statuses: ["broken"], message: /^undefined step/ }, groupByMessage: true },
      { name: "Hook errors", matchers: { statuses: ["broken"], message: /(HOOK|CLEANUP)-ERROR/ }, groupByMessage: true },
      { name: "Broken: environment or target", matchers: { statuses: ["broken", "unknown"] }, groupByMessage: true },
      { name: "Not verified", matchers: { statuses: ["skipped"] }, groupByMessage: true },
    ],
  },
  qualityGate: {
    // `use` replaces the built-in rules, so they are named too.
    use: [...qualityGateDefaultRules, none("noBroken", "broken", "broken"), none("noSkipped", "skipped", "not verified")],
    rules: [{ minTestsCount: selected }, { maxFailures: 0 }, { noBroken: 0 }, { noSkipped: 0 }],
  },
  plugins: {
    awesome: {
      options: {
        singleFile: true,
        theme: "light",
        reportLanguage: "en",
        groupBy: ["epic", "feature"],
        sections: ["charts", "timeline"],
        defaultSection: "",
        stepTreeExpansion: "expanded",
      },
    },
    signoff: {
      import: fileURLToPath(new URL("./signoff-plugin.mjs", import.meta.url)),
      options: { reports },
    },
  },
};
