// What did not pass, by cause: scenarios whose reasons differ in names and numbers only are one paragraph.
// Pure, like model.mjs.

const ORDER = ["FAILED", "BROKEN", "INCONCLUSIVE", "NOT VERIFIED"];

/** A reason without what differs from row to row: what is quoted, and numbers. */
const core = (reason) => firstLine(reason).replaceAll(/"[^"]*"|'[^']*'|“[^”]*”/g, "“”").replaceAll(/\d[\d.,]*/g, "#");
const firstLine = (text) => String(text ?? "").trim().split("\n")[0];

/** Causes, the gravest and most frequent first: [{ verdict, reason, ids, scenarios }]. */
export function causesOf(scenarios) {
  const found = new Map();
  for (const scenario of scenarios) {
    if (!ORDER.includes(scenario.verdict)) continue;
    const key = `${scenario.verdict} ${core(scenario.reason)}`;
    const cause = found.get(key) ?? { verdict: scenario.verdict, reason: firstLine(scenario.reason), ids: [], scenarios: [] };
    const id = scenario.id ?? scenario.title;
    if (!cause.ids.includes(id)) cause.ids.push(id);
    cause.scenarios.push({ id, title: scenario.title, rowName: scenario.rowName ?? "", link: scenario.link ?? "" });
    found.set(key, cause);
  }
  return [...found.values()].sort((a, b) => ORDER.indexOf(a.verdict) - ORDER.indexOf(b.verdict) || b.scenarios.length - a.scenarios.length);
}

/** What was checked in failed scenarios, and held in all of them that came to it. */
export function heldIn(lines) {
  const verdicts = new Map();
  for (const { what, verdict } of lines.flatMap((line) => line.checks ?? [])) {
    const name = what.replaceAll(/ #\d+/g, "").replaceAll(/ \d+ of \d+\b/g, "");
    verdicts.set(name, (verdicts.get(name) ?? true) && verdict === "met");
  }
  return [...verdicts].filter(([, held]) => held).map(([name]) => name);
}
