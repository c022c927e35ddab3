// What did not pass, by cause: scenarios whose reasons differ in names and numbers only are one paragraph.
// Pure, like model.mjs.

const ORDER = ["FAILED", "BROKEN", "INCONCLUSIVE", "NOT VERIFIED"];

/** What a row adds to a finding: what a client came with, what was done before, how much of it held. */
const CIRCUMSTANCES = /; (?:\S+ came with |(?:after|in) "|in part by the agreement |\d+ of its \d+ clauses ).*$/;
const firstLine = (text) => String(text ?? "").trim().split("\n")[0];
/** A dialect lacks one key, however many messages it is about: the rows say which. */
const UNSAID = /does not say how .+ is spelled: (\[[\w.]+\])/;
export const findingOf = (reason) => firstLine(reason).replace(CIRCUMSTANCES, "").replace(UNSAID, "does not say how messages of this kind are spelled: $1");

/** A finding without what differs from row to row: names of clients, what is quoted, and numbers. */
const core = (reason) =>
  findingOf(reason)
    .replaceAll(/"[^"]*"|'[^']*'|“[^”]*”/g, "“”")
    .replaceAll(/\d[\d.,]*/g, "#")
    .replaceAll(/\b(of|to|for) \p{Lu}\p{L}+(?=[:, ]|$)/gu, "$1 …");

/** What tells whether two scenarios did not pass for the same cause. */
export const causeOf = ({ verdict, reason }) => `${verdict} ${core(reason)}`;

/** Causes, the gravest and most frequent first: [{ verdict, reason, ids, scenarios }]. */
export function causesOf(scenarios) {
  const found = new Map();
  for (const scenario of scenarios) {
    if (!ORDER.includes(scenario.verdict)) continue;
    const key = causeOf(scenario);
    const cause = found.get(key) ?? { verdict: scenario.verdict, reason: firstLine(scenario.reason), ids: [], scenarios: [] };
    if (cause.scenarios.length) cause.reason = findingOf(cause.reason);
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
