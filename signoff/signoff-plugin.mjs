// An Allure 3 plugin: the sign-off sheet (signoff.html) and its verdict as data (verdict.json).
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { rowText, signoffModel } from "./model.mjs";
import { renderSheet } from "./sheet.mjs";

const STATUS = { PASSED: "passed", FAILED: "failed" };

export default class SignoffPlugin {
  constructor(options = {}) {
    this.options = options;
  }

  done = async (context, store) => {
    this.model = signoffModel(await this.#input(store));
    const sheet = renderSheet(this.model, this.#requirements(), { allureVersion: context.allureVersion, proof: this.#proof() });
    await context.reportFiles.addFile("signoff.html", Buffer.from(sheet, "utf8"));
    const { runVerdict, signoffVerdict, counts } = this.model;
    await context.reportFiles.addFile("verdict.json", Buffer.from(JSON.stringify({ run: runVerdict, signoff: signoffVerdict, counts }, null, 1)));
  };

  info = async (context, store) => ({
    name: "Sign-off sheet",
    plugin: "signoff",
    status: STATUS[this.model.runVerdict.verdict] ?? "broken",
    stats: await store.testsStatistic(),
    duration: 0,
    meta: { reportId: context.reportUuid },
  });

  async #input(store) {
    const results = await store.allTestResults();
    return {
      requirements: this.#requirements(),
      run: this.#json("run.json"),
      checks: this.#lines("checks.jsonl"),
      results: results.sort((a, b) => (a.start ?? 0) - (b.start ?? 0)).map(toResult),
      gates: await store.qualityGateResults(),
      errors: await store.allGlobalErrors(),
      aborted: Boolean(this.options.aborted),
      behaveExit: this.options.behaveExit ?? 0,
    };
  }

  /** The matrix of faults: that of a `make faults` in this folder, or the one that the suite was released with. */
  #proof() {
    const released = fileURLToPath(new URL("../docs/images/faults.svg", import.meta.url));
    const path = [join(this.options.reports, "faults.svg"), released].find(existsSync);
    return path ? readFileSync(path) : null;
  }

  #requirements() {
    return JSON.parse(readFileSync(new URL("./requirements.json", import.meta.url), "utf8"));
  }

  #json(name) {
    const path = join(this.options.reports, name);
    return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : null;
  }

  #lines(name) {
    const path = join(this.options.reports, name);
    if (!existsSync(path)) return [];
    return readFileSync(path, "utf8").split("\n").filter(Boolean).flatMap((line) => {
      try {
        return [JSON.parse(line)];
      } catch {
        return []; // the last line of a run that was killed
      }
    });
  }
}

function toResult(tr) {
  const label = tr.labels.find(({ name }) => name === "ALLURE_ID")?.value ?? null;
  const cells = Object.fromEntries(tr.parameters.map(({ name, value }) => [name, value]));
  const [title, rowName = ""] = splitTitle(tr);
  return {
    id: label, link: tr.id, title, name: tr.name, rowName, row: rowText(cells),
    status: tr.status, message: tr.error?.message ?? "", duration: tr.duration ?? null,
  };
}

/** The formatter writes `title · row` as the name of an outline's row. */
function splitTitle(tr) {
  if (!tr.parameters.length) return [tr.name];
  const at = tr.name.indexOf(" · ");
  return at < 0 ? [tr.name] : [tr.name.slice(0, at), tr.name.slice(at + 3)];
}
