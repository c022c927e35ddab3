// What a run's features say otherwise than their plan (features/plan.json), as run.json has it. Pure, like model.mjs.
// One edit: { id, title, kind, planned, now, at, rows, deviates, words }; one that is stricter deviates from nothing.

/** Of a criterion: its figure is within the plan's bound, but the scenarios asked for less than the plan, or for something else. */
export const NOT_AS_PLANNED = "NOT MET AS PLANNED";

const deviating = (edits) => edits.filter(({ deviates }) => deviates);

/** The ids among `ids` whose scenarios are not as planned. */
export const deviatingIds = (run, ids) => {
  const found = new Set(deviating(run.edits ?? []).map(({ id }) => id));
  return ids.filter((id) => found.has(id));
};

/** What a criterion came to, where scenarios that it rests on are not as planned: not met stays not met. */
export function asPlanned(judged, run, ids) {
  const changed = deviatingIds(run, [...new Set(ids)]);
  if (!changed.length || judged.verdict === "NOT MET" || judged.verdict === "NOT MEASURED") return judged;
  const first = deviating(run.edits).find(({ id }) => id === changed[0]);
  const one = changed.length === 1 && deviating(run.edits).filter(({ id }) => id === first.id).length === 1;
  const said = one ? `${first.id} ${editWords(first)}` : `not as planned: ${changed.join(", ")}, see there`;
  return { ...judged, measured: [judged.measured, said].filter(Boolean).join("; "), verdict: NOT_AS_PLANNED };
}

/** One edit in words: both sides, and where it stands. */
export function editWords({ kind, planned, now, at, rows = [] }) {
  const how = { gone: "a step is gone", moved: "a step stands elsewhere", stricter: "stricter than planned", looser: "looser than planned" }[kind] ?? "differs from the plan";
  const named = rows.slice(0, 2).map((row) => `“${row}”`).join(", ") + (rows.length > 2 ? ` and ${rows.length - 2} more` : "");
  return `${how}${named && ` (${named})`}: as planned: ${planned} / as run: ${now || "nothing in its place"} (${at})`;
}
