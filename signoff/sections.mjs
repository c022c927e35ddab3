// Sections of the sheet beside its tables of tests and criteria.

import { chip, clip, clipName, escape, plural } from "./html.mjs";

const MAX_CAUSES = 40;
const MAX_ROWS = 12;
const MAX_RUNS = 10;

/** One cause, one paragraph, with the rows behind it. */
export function renderCauses(causes = []) {
  if (!causes.length) return "";
  const items = causes.slice(0, MAX_CAUSES).map(renderCause).join("\n");
  const more = causes.length > MAX_CAUSES ? `<p class="more">and ${plural(causes.length - MAX_CAUSES, "cause")} more, in the table of tests</p>` : "";
  return `<section>
<h2>What did not pass, by cause</h2>
<ol class="causes">${items}</ol>${more}
</section>`;
}

function renderCause({ verdict, reason, ids, scenarios }) {
  const name = ({ id, title, rowName }) => (ids.length > 1 ? `${id.replace(/^QA-WS-/, "")} ` : "") + (rowName || String(title).replace(`${id} `, ""));
  const row = (one) => (one.link ? `<a href="index.html#${encodeURIComponent(one.link)}">${escape(clipName(name(one), 70))}</a>` : escape(clipName(name(one), 70)));
  const rows = scenarios.map(row);
  const rest = rows.slice(MAX_ROWS);
  const folded = rest.length ? `<details><summary>${plural(rest.length, "scenario")} more</summary><p class="links">${rest.join(" · ")}</p></details>` : "";
  return `<li>${chip(verdict)} <p class="reason">${escape(clip(reason.replace(`${verdict}: `, ""), 420))}</p>
<p class="rowsof">${escape(`${plural(scenarios.length, "scenario")} of ${ids.join(", ")}`)}</p>
<p class="links">${rows.slice(0, MAX_ROWS).join(" · ")}</p>${folded}</li>`;
}

/** What the team says of its service: closes of its own, agreements that it declines, what cannot be measured. */
export function renderDeclared({ deviations = [], declines = [], exempt = {} } = {}) {
  const lines = [
    ...deviations.map((text) => ["Deviation, checked as declared and never passed", text]),
    ...declines.map((text) => ["Agreement declined, not verified", text]),
    ...Object.entries(exempt ?? {}).filter(([, why]) => why).map(([what, why]) => ["Exempt, holds no signature back", `${what}: ${why}`]),
  ];
  if (!lines.length) return "";
  return `<section class="keep">
<h2>What the target declares</h2>
<ul class="plain">${lines.map(([kind, text]) => `<li>${kind}: <b>${escape(text)}</b></li>`).join("")}</ul>
</section>`;
}

/** The runs before this one in the same folder, the latest first: [{ timestamp, name, testResults, selected }]. */
export function renderTrend(history) {
  if (!history.length) return "";
  const rows = history.slice(-MAX_RUNS).reverse().map(({ timestamp, name, testResults, selected = 0 }) => {
    const statuses = Object.values(testResults ?? {}).map(({ status }) => status);
    const count = (...which) => statuses.filter((status) => which.includes(status)).length;
    const ran = selected > statuses.length ? `${statuses.length} of ${selected}` : statuses.length;
    const when = Number.isFinite(timestamp) ? `${new Date(timestamp).toISOString().slice(0, 16).replace("T", ", ")} UTC` : "—";
    const cells = [String(name ?? "").replace(/^Acceptance of /, ""), ran, count("passed"), count("failed"), count("broken", "unknown"), count("skipped")];
    return `<tr class="row"><th scope="row">${when}</th>${cells.map((cell) => `<td>${escape(cell)}</td>`).join("")}</tr>`;
  });
  const heads = ["Report made", "Target", "Scenarios", "Passed", "Failed", "Broken or inconclusive", "Not verified"];
  return `<section class="keep">
<h2>Runs before this one</h2>
<table class="trend"><thead><tr>${heads.map((head) => `<th scope="col">${head}</th>`).join("")}</tr></thead><tbody>${rows.join("\n")}</tbody></table>
</section>`;
}

/** Where the source plan says two things: [[where, what the plan says, what holds]]. */
export function renderContradictions(rows) {
  if (!rows.length) return "";
  const cells = rows.map(([where, plan, here]) => `<tr class="row"><th scope="row">${escape(where)}</th><td data-label="In the plan">${escape(plan)}</td><td data-label="Here">${escape(here)}</td></tr>`);
  return `<section>
<h2>Where the source plan contradicts itself, and what holds</h2>
<table class="plan"><colgroup><col class="where"><col><col></colgroup><thead><tr><th scope="col">Where</th><th scope="col">In the plan</th><th scope="col">Here</th></tr></thead><tbody>${cells.join("\n")}</tbody></table>
</section>`;
}
