// Makes the report and the sheet from reports/allure-results, gates included.
// Allure's own `generate` never evaluates gates, and its `run` wants to start the tests itself.
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { AllureReport, readConfig } from "@allurereport/core";

const here = fileURLToPath(new URL(".", import.meta.url));
const config = await readConfig(here, "allurerc.mjs");
const report = new AllureReport(config);
await report.start();
for (const directory of config.resultsDir) {
  mkdirSync(directory, { recursive: true }); // a run that broke early left none; it gets its sheet too
  await report.readDirectory(directory);
}
const trs = await report.store.allTestResults({ includeRetries: false });
const { results: gates } = await report.validate({ trs });
report.realtimeDispatcher.sendQualityGateResults(gates);
await report.done();
