// An Allure 3 plugin: the sign-off sheet (signoff.html) and its verdict as data (verdict.json).
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { causeOf, findingOf } from "./causes.mjs";
import { suiteWords } from "./evidence.mjs";
import { signoffModel } from "./model.mjs";
import { renderSheet, versionWords } from "./sheet.mjs";

const EVIDENCE = ["coverage", "repeat", "stress", "hour", "faults", "mutation"];
const STATUS = { PASSED: "passed", FAILED: "failed" };

export default class SignoffPlugin {
  constructor(options = {}) {
    this.options = options;
  }

  done = async (context, store) => {
    this.model = signoffModel(await this.#input(store));
    const sheet = renderSheet(this.model, this.#requirements(), { allureVersion: context.allureVersion, proof: this.#proof(), history: this.#lines("history.jsonl"), contradictions: this.#contradictions() });
    await context.reportFiles.addFile("signoff.html", Buffer.from(sheet, "utf8"));
    await context.reportFiles.addFile("verdict.json", Buffer.from(JSON.stringify(this.#verdict(), null, 1)));
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
      evidence: this.#evidence(),
    };
  }

  /** What the sheet says, as data. */
  #verdict() {
    const { run, runVerdict, signoffVerdict, counts, tests } = this.model;
    return {
      started: run.started, target: run.target?.name ?? "", version: versionWords(run.service), suite: suiteWords(run.suite), run: runVerdict, signoff: signoffVerdict, counts,
      criteria: this.#judged("criteria"), further: this.#judged("further"),
      edits: run.edits ?? [],
      tests: tests.map(({ id, title, verdict, ran, passed }) => ({ id, title, verdict, ran, passed })),
      unpassed: tests.flatMap(({ scenarios }) => scenarios).filter(({ verdict }) => verdict !== "PASSED")
        .map((one) => ({ id: one.id, at: one.at, title: one.title, row: one.rowName ?? "", verdict: one.verdict, reason: String(one.reason ?? ""), cause: causeOf(one), finding: findingOf(one.reason) })),
    };
  }

  /** What each criterion came to, without the bounds' machinery. */
  #judged(list) {
    return this.model[list].map(({ name, bound, measured, verdict, source, why }) => ({ name, bound, measured, verdict, source, why }));
  }

  /** The matrix of faults: that of a `make faults` for this very commit, or the one that the suite was released with. */
  #proof() {
    const own = join(this.options.reports, "faults.svg");
    const ran = this.model.further.some(({ from, verdict }) => from === "faults" && verdict !== "NOT RUN");
    const released = fileURLToPath(new URL("../docs/images/faults.svg", import.meta.url));
    const path = [ran && own, released].find((one) => one && existsSync(one));
    return path ? { svg: readFileSync(path), ran: path === own } : null;
  }

  /** The table of docs/source-plan.md. */
  #contradictions() {
    const page = fileURLToPath(new URL("../docs/source-plan.md", import.meta.url));
    if (!existsSync(page)) return [];
    const rows = readFileSync(page, "utf8").split("\n").filter((line) => line.startsWith("|"));
    const cells = rows.map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim().replaceAll("*", "")));
    return cells.filter(([id]) => id.startsWith("SP-")).map(([id, tests, plan, here]) => [`${id}: ${tests}`, plan, here]);
  }

  #evidence() {
    const found = {};
    for (const kind of EVIDENCE) {
      try {
        found[kind] = this.#json(join("evidence", `${kind}.json`)) ?? undefined;
      } catch {
        continue; // a file that somebody has cut short says nothing
      }
    }
    for (const kind of ["faults", "mutation"]) {
      const file = join(this.options.reports, `${kind}.json`);
      const digest = existsSync(file) ? createHash("sha256").update(readFileSync(file)).digest("hex") : "";
      if (found[kind] && found[kind].file_sha256 !== digest) {
        delete found[kind]; // another proof has been there since, and nobody noted of which commit
      }
    }
    return found;
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
  const label = (wanted) => tr.labels.find(({ name }) => name === wanted)?.value ?? null;
  const [title, rowName = ""] = splitTitle(tr);
  return {
    id: label("ALLURE_ID"), at: label("place"), link: tr.id, title, name: tr.name, rowName,
    status: tr.status, message: tr.error?.message ?? "", duration: tr.duration ?? null,
  };
}

/** The formatter writes `title · row` as the name of an outline's row. */
function splitTitle(tr) {
  if (!tr.parameters.length) return [tr.name];
  const at = tr.name.indexOf(" · ");
  return at < 0 ? [tr.name] : [tr.name.slice(0, at), tr.name.slice(at + 3)];
}
