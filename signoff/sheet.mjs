// The sign-off sheet as one self-contained page, for screens and for A4 paper.
// Verdicts are words first; colours, frames and fills only repeat them, so that a grey print says the same.

import { editWords } from "./edits.mjs";
import { suiteWords } from "./evidence.mjs";
import { chip, clip, clipName, escape, plural, slug } from "./html.mjs";
import { renderCauses, renderContradictions, renderDeclared, renderTrend } from "./sections.mjs";

const MAX_FIGURES = 3;
const MAX_LINKS = 4;
const MAX_HELD = 6;
const MAX_EDITS = 8;
const LEGEND = [
  ["PASSED", "every scenario of the test ran and everything it says held"],
  ["FAILED", "the service did not do what a scenario says"],
  ["BROKEN", "the environment, the target or the suite could not be used; nothing follows about the service"],
  ["INCONCLUSIVE", "the machine was too busy to tell whose fault it was, or what was measured can be told neither way; to be run again"],
  ["NOT VERIFIED", "selected, but not run to its end, or as the target declares and not as specified: the reason says which"],
  ["NOT COVERED", "not part of this run"],
];

/** The page for a model of model.mjs; `{{REPORT_SHA256}}` is filled in once the report is final. */
export function renderSheet(model, requirements, { allureVersion = "", proof = null, history = [], contradictions = [] } = {}) {
  const { run, runVerdict, signoffVerdict } = model;
  const target = run.target?.name ?? "no target";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${escape(`${runVerdict.verdict} · Sign-off sheet · ${target}`)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<header>
<p class="kind">Sign-off sheet</p>
<h1>${escape(requirements.title)}</h1>
${renderFacts(run, allureVersion)}
</header>
<section class="banners" aria-label="Verdicts">
${renderBanner("Run", runVerdict, `${runVerdict.passed} of ${plural(runVerdict.total, "scenario")} passed`)}
${renderBanner("Sign-off", signoffVerdict, `${signoffVerdict.passed} of ${plural(signoffVerdict.total, "test")} passed`)}
</section>
${renderCauses(model.causes)}
<section>
<h2>Tests</h2>
${renderTests(model.tests)}
</section>
<section class="keep">
<h2>Acceptance criteria</h2>
${renderCriteria(model.criteria)}
</section>
${renderFurther(model.further ?? [])}
${renderDeclared(run.target ?? {})}
<section class="keep">
<h2>Signatures</h2>
${renderSignatures(requirements.signatures)}
</section>
${proof ? renderProof(proof.svg, proof.ran) : ""}
${renderTrend(history)}
${renderContradictions(contradictions)}
<footer class="keep">
<dl class="legend">${LEGEND.map(([word, text]) => `<div><dt>${word}</dt><dd>${text}</dd></div>`).join("")}</dl>
<p>The evidence is in <a href="index.html">index.html</a> beside this sheet, SHA-256 <code>{{REPORT_SHA256}}</code>.</p>
</footer>
</main>
</body>
</html>
`;
}

/** What shows that the verdicts are earned: an SVG, one row per fault and one column per scenario. */
function renderProof(svg, ran) {
  const said = /aria-label="([^"]*)"/.exec(svg.toString("utf8"))?.[1] ?? "Faults";
  return `<section class="keep">
<h2>Proof of the verdicts</h2>
<p>${ran ? "" : "Not run for this commit. The suite was released with this: "}${said}. Each fault is the reference service broken on purpose in one way; each large dot is a scenario that failed on it, and said why.</p>
<details><summary>The matrix</summary><img class="matrix" alt="${said}" src="data:image/svg+xml;base64,${svg.toString("base64")}"></details>
</section>`;
}

function renderFacts(run, allureVersion) {
  const target = run.target ?? {}, versions = run.versions ?? {}, harness = run.harness ?? {}, machine = run.machine ?? {};
  const facts = [
    ["Target", [target.name, target.file && `(${target.file})`].filter(Boolean).join(" ")],
    ["Service", [target.url, run.service?.address && `at ${run.service.address}`, target.dialect && `dialect ${target.dialect}`].filter(Boolean).join(", ")],
    ["Version", versionWords(run.service)],
    ["Run", span(run.started, run.ended)],
    ["Suite", suiteWords(run.suite)],
    ["Order", typeof run.order === "number" ? `shuffled, seed ${run.order}` : ""],
    ["Capabilities", (target.capabilities ?? []).join(", ")],
    ["Packages", [...Object.entries(versions).map(([name, version]) => `${name} ${version}`), allureVersion && `allure ${allureVersion}`].filter(Boolean).join(", ")],
    ["Connections", run.longest_connection_s ? `the longest-lived was open for ${run.longest_connection_s.toFixed(1)} s, load aside` : ""],
    ["Machine", [machine.is, loadWords(machine)].filter(Boolean).join("; ")],
    ["Processes", run.processes > 1 ? `${run.processes} shared the functional scenarios, each with broker and services of its own; load ran alone` : ""],
    ["Harness", harness.worst_stall_ms === undefined ? "" : `stood still for ${harness.worst_stall_ms.toFixed(1)} ms at most`],
  ];
  const resolved = target.resolved ? `<details class="resolved"><summary>The target as it was resolved</summary><pre>${escape(JSON.stringify(target.resolved, null, 1))}</pre></details>` : "";
  return `<dl class="facts">${facts.filter(([, value]) => value).map(([name, value]) => `<div><dt>${name}</dt><dd>${escape(value)}</dd></div>`).join("")}</dl>${resolved}`;
}

/** Which version of the service was tested; where nobody could tell, why. */
export function versionWords(service) {
  if (!service) return "";
  if (service.version) return service.version;
  return service.version_problem ? `could not be asked for: ${service.version_problem}` : "not known: the target does not say how to ask for it";
}

/** How many processes wanted a turn, on average of a minute. */
function loadWords({ load_before: before = [], load: after = [] }) {
  if (!before.length) return "";
  return `load ${before[0]} when it began${after.length ? `, ${after[0]} when it ended` : ""}`;
}

function span(started, ended) {
  if (!started) return "did not start";
  const from = new Date(started);
  if (Number.isNaN(from.getTime())) return String(started);
  const date = from.toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
  const clock = from.toISOString().slice(11, 19);
  const seconds = ended ? (new Date(ended) - from) / 1000 : NaN;
  return `${date}, ${clock} UTC, ${Number.isNaN(seconds) ? "did not end" : `took ${duration(seconds)}`}`;
}

function duration(seconds) {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours ? `${hours} h ${minutes} min` : `${minutes} min ${rest} s`;
}

function renderBanner(name, { verdict, reason }, figure) {
  return `<div class="banner ${slug(verdict)}"><p class="what">${name}</p><p class="word">${escape(verdict)}</p><p class="figure">${escape(figure)}</p><p class="why">${escape(clip(reason, 420))}</p></div>`;
}

// ------------------------------------------------------------------------------------ the tests
function renderTests(tests) {
  const sections = new Map();
  for (const test of tests) sections.set(test.section, [...(sections.get(test.section) ?? []), test]);
  const bodies = [...sections].map(([name, list]) => `<tbody>
<tr class="section"><th colspan="4" scope="rowgroup">${escape(name)}${renderKind(name, list[0].kind)}</th></tr>
${list.map(renderTest).join("\n")}
</tbody>`);
  return `<table class="tests">
<colgroup><col class="test"><col class="verdict"><col><col class="accept"></colgroup>
<thead><tr><th scope="col">Test</th><th scope="col">Verdict</th><th scope="col">Evidence</th><th scope="col">Accept</th></tr></thead>
${bodies.join("\n")}
</table>`;
}

function renderKind(section, kind) {
  return kind && !section.toLowerCase().includes(kind) ? ` <span>${escape(kind)}</span>` : "";
}

function renderTest(test) {
  const figures = figuresOf(test);
  const silent = test.verdict === "PASSED" && !figures.length ? '<p class="none">no figure recorded</p>' : "";
  const ran = test.ran ? `<p class="ran">${renderRan(test)}</p>` : "";
  return `<tr class="row ${slug(test.verdict)}" id="${escape(test.key)}"><th scope="row"><span class="id">${escape(test.id)}</span> ${escape(clip(test.title, 160))}</th>
<td>${chip(test.verdict)}${ran}</td>
<td>${[renderReason(test), renderEdits(test), renderHeld(test), renderFigures(figures), silent, renderLinks(test.scenarios)].filter(Boolean).join("\n") || '<p class="none">—</p>'}</td>
<td class="tick"><span role="img" aria-label="box to tick"></span></td></tr>`;
}

/** The figures to show: not those that the reason quotes already. */
function figuresOf({ evidence, reason }) {
  return evidence.filter(({ what, measured }) => !(reason.includes(what) && reason.includes(measured)));
}

function renderRan({ ran, passed }) {
  return passed === ran ? plural(ran, "scenario") : `${passed} of ${ran} passed`;
}

function renderReason({ reason, alike }) {
  if (!reason) return "";
  const more = alike > 1 ? ` <span class="more">and ${plural(alike - 1, "scenario")} more</span>` : "";
  return `<p class="reason">${escape(clip(reason, 300))}${more}</p>`;
}

/** What the test says otherwise than its plan: both sides, whatever came of it. */
function renderEdits({ edits = [] }) {
  if (!edits.length) return "";
  const item = (edit) => `<li class="${edit.deviates ? "reason" : "allowed"}">${escape(clip(editWords(edit), 700))}</li>`;
  const items = [...edits].sort((a, b) => b.deviates - a.deviates).map(item);
  const rest = items.slice(MAX_EDITS);
  const folded = rest.length ? `<details><summary>${plural(rest.length, "edit")} more</summary><ul>${rest.join("")}</ul></details><p class="onpaper">${plural(rest.length, "edit")} more</p>` : "";
  return `<ul class="figures edits">${items.slice(0, MAX_EDITS).join("")}</ul>${folded}`;
}

/** What held in scenarios that failed: a failure is one claim, seldom all of them. */
function renderHeld({ held = [] }) {
  if (!held.length) return "";
  const more = held.length > MAX_HELD ? ` <span class="more">and ${held.length - MAX_HELD} more</span>` : "";
  return `<p class="held">Held all the same: ${held.slice(0, MAX_HELD).map((what) => escape(clip(what, 90))).join("; ")}${more}</p>`;
}

function renderFigures(figures) {
  if (!figures.length) return "";
  const shown = figures.slice(0, MAX_FIGURES).map(renderFigure).join("");
  const rest = figures.slice(MAX_FIGURES);
  const folded = rest.length
    ? `<details><summary>${plural(rest.length, "figure")} more</summary><ul>${rest.map(renderFigure).join("")}</ul></details><p class="onpaper">${plural(rest.length, "figure")} more in the report</p>`
    : "";
  return `<ul class="figures">${shown}</ul>${folded}`;
}

function renderFigure({ what, measured, allowed, verdict, times, alike, rated }) {
  const often = times > 1 ? ` <span class="more">${rated ? `worst of ${times}` : `${times} times`}</span>` : "";
  const many = times > 1 ? `${alike} of ${times} ` : "";
  const mark = verdict === "met" ? "" : ` <strong>${many}${escape(verdict)}</strong>`;
  return `<li>${escape(clip(what, 120))}: <b>${escape(clip(measured, 140))}</b> <span class="allowed">(${escape(clip(allowed, 140))})</span>${often}${mark}</li>`;
}

/** A scenario's title without the id, which the row of the sheet says. */
function bare({ id, title }) {
  return String(title).replace(`${id} `, "");
}

function renderLinks(scenarios) {
  const linked = scenarios.filter(({ link }) => link);
  const bad = linked.filter(({ verdict }) => verdict !== "PASSED");
  const ordered = [...bad, ...linked.filter(({ verdict }) => verdict === "PASSED")];
  if (!ordered.length) return "";
  const link = (one, text) => `<a href="index.html#${encodeURIComponent(one.link)}">${escape(clipName(text, 90))}</a>`;
  if (ordered.length === 1) return `<p class="links">${link(ordered[0], "open in the report")}</p>`;
  const titles = new Set(ordered.map(({ title }) => title));
  const isShared = (one) => ordered.some((other) => other.rowName === one.rowName && other.title !== one.title);
  const row = (one) => (isShared(one) ? `${bare(one)}: ${one.rowName}` : one.rowName);
  const name = (one, at) => (one.rowName ? row(one) : (titles.size > 1 && bare(one)) || `scenario ${at + 1}`);
  const links = ordered.map((one, at) => link(one, name(one, at)));
  const rest = links.slice(MAX_LINKS);
  const folded = rest.length ? `<details><summary>${plural(rest.length, "scenario")} more</summary><p class="links">${rest.join(" · ")}</p></details>` : "";
  return `<p class="links">${links.slice(0, MAX_LINKS).join(" · ")}</p>${folded}`;
}

// ----------------------------------------------------------------------- criteria and signatures
function renderCriteria(criteria) {
  const rows = criteria.map(({ name, bound, measured, verdict, source, why, details = [] }) => `<tr class="row"><th scope="row">${escape(name)}</th><td data-label="Bound">${escape(bound)}</td><td data-label="Measured">${escape(clip(measured, 700)) || (why ? "" : '<span class="none">—</span>')}${renderSource(source, why)}${renderDetails(details)}</td><td>${chip(verdict)}</td></tr>`);
  return `<table class="criteria">
<colgroup><col class="name"><col><col><col class="judged"></colgroup>
<thead><tr><th scope="col">Criterion</th><th scope="col">Bound</th><th scope="col">Measured</th><th scope="col">Verdict</th></tr></thead>
<tbody>${rows.join("\n")}</tbody>
</table>`;
}

/** Where a figure is from, or why there is none. */
function renderSource(source, why) {
  return [why && `<p class="why">${escape(clip(why, 400))}</p>`, source && `<p class="source">${escape(source)}</p>`].filter(Boolean).join("");
}

function renderDetails(details) {
  if (!details.length) return "";
  return `<details><summary>${plural(details.length, "line")} more</summary><ul>${details.map((line) => `<li>${escape(line)}</li>`).join("")}</ul></details>`;
}

function renderFurther(further) {
  if (!further.length) return "";
  return `<section class="keep">
<h2>Shown besides; holds no signature back</h2>
${renderCriteria(further)}
</section>`;
}

function renderSignatures(roles) {
  const box = (word) => `<span class="choice"><i></i>${word}</span>`;
  const rows = roles.map((role) => `<tr><th scope="row">${escape(role)}</th><td data-label="Name"></td><td data-label="Date"></td><td data-label="Signature"></td><td class="decide">${box("accepted")}${box("rejected")}</td></tr>`);
  return `<table class="signatures">
<colgroup><col class="role"><col><col class="date"><col><col class="decision"></colgroup>
<thead><tr><th scope="col">Role</th><th scope="col">Name</th><th scope="col">Date</th><th scope="col">Signature</th><th scope="col">Decision</th></tr></thead>
<tbody>${rows.join("\n")}</tbody>
</table>`;
}

const STYLE = `
:root{--ink:#16202c;--soft:#4b5866;--line:#c4ccd6;--hair:#e1e6ec;--paper:#fff;--good:#12633a;--goodbg:#e3f3e9;--bad:#9c1414;--badbg:#fbe6e4;--warn:#7a4500;--warnbg:#fdf0d8;--mute:#46525f;--mutebg:#edf0f4}
*{box-sizing:border-box}
html{background:#eef1f5;color:var(--ink);font:14px/1.45 "Inter","Source Sans 3","Segoe UI","Helvetica Neue",Helvetica,Arial,"Liberation Sans",sans-serif;-webkit-print-color-adjust:exact;print-color-adjust:exact}
body{margin:0}
main{max-width:64rem;margin:2rem auto;padding:2.6rem 3rem 2.2rem;background:var(--paper);box-shadow:0 1px 2px #0f1c2b22,0 8px 30px #0f1c2b14}
p,ul,dl,dd{margin:0;padding:0}
a{color:#0b4f9e;text-underline-offset:2px}
a:focus-visible,summary:focus-visible{outline:2px solid #0b4f9e;outline-offset:2px}
.kind{font-size:.78rem;font-weight:600;letter-spacing:.14em;text-transform:uppercase;color:var(--soft)}
h1{margin:.15rem 0 1.1rem;font-size:1.75rem;line-height:1.15;font-weight:650;letter-spacing:-.012em;text-wrap:balance}
h2{margin:1.9rem 0 .55rem;font-size:1.05rem;font-weight:650;break-after:avoid}
.facts{display:grid;grid-template-columns:1fr 1fr;gap:.3rem 2rem;padding:.75rem 0;border-top:2px solid var(--ink);border-bottom:1px solid var(--line);font-size:.86rem}
.facts div{display:grid;grid-template-columns:6.4rem 1fr;gap:.6rem;min-width:0}
.facts dt,.legend dt{font-weight:600;color:var(--soft)}
.facts dd{overflow-wrap:anywhere;min-width:0}
.banners{display:grid;grid-template-columns:1fr 1fr;gap:1rem;margin-top:1.1rem;break-inside:avoid}
.banner{min-width:0;padding:.8rem 1.1rem .9rem;border:1px solid;border-left-width:.5rem;border-radius:3px;background:var(--mutebg);color:var(--mute);display:grid;grid-template-columns:1fr auto;gap:0 1rem;align-content:start}
.banner .what{grid-column:1/-1;font-size:.78rem;font-weight:600;letter-spacing:.1em;text-transform:uppercase}
.banner .word{font-size:1.65rem;line-height:1.2;font-weight:750;letter-spacing:-.01em}
.banner .figure{align-self:end;font-size:.86rem;font-weight:600;padding-bottom:.28rem;text-align:right}
.banner .why{grid-column:1/-1;margin-top:.3rem;color:var(--ink);font-size:.88rem;overflow-wrap:anywhere}
.passed,.ready-to-sign,.met{--c:var(--good);--b:var(--goodbg)}
.failed,.not-met,.not-met-as-planned{--c:var(--bad);--b:var(--badbg)}
.broken,.inconclusive,.aborted,.incomplete{--c:var(--warn);--b:var(--warnbg)}
.banner.passed,.banner.ready-to-sign,.banner.failed,.banner.broken,.banner.inconclusive,.banner.aborted,.banner.incomplete{color:var(--c);background:var(--b)}
.banner.failed{border-width:2px;border-left-width:.5rem}
table{width:100%;border-collapse:collapse;table-layout:fixed;font-size:.86rem}
th,td{padding:.42rem .6rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}
thead{display:table-header-group}
thead th{font-size:.76rem;font-weight:600;color:var(--soft);border-bottom:1.5px solid var(--ink)}
tbody th{font-weight:500}
tr.row{break-inside:avoid;border-bottom:1px solid var(--hair)}
tr.section{break-inside:avoid;break-after:avoid}
tr.section th{padding:.8rem .6rem .25rem;font-weight:650;border-bottom:1px solid var(--line)}
tr.section span{font-weight:400;color:var(--soft);padding-left:.35rem}
col.test{width:29%}col.verdict{width:8.8rem}col.accept{width:4.4rem}
.id{display:block;font-variant-numeric:tabular-nums;font-weight:650;white-space:nowrap}
.chip{display:inline-block;padding:.06rem .45rem;border:1px solid var(--c,#6a7683);border-radius:3px;background:var(--b,#fff);color:var(--c,var(--mute));font-size:.74rem;font-weight:700;letter-spacing:.02em;white-space:nowrap}
.chip.failed,.chip.not-met,.chip.not-met-as-planned{background:var(--bad);color:#fff}
.chip.not-covered,.chip.not-verified,.chip.not-measured,.chip.not-run,.chip.by-hand,.chip.exempt{border-style:dashed}
.ran{margin-top:.18rem;font-size:.78rem;color:var(--soft)}
.reason{font-weight:500}
.causes{list-style:none;padding:0}
.causes li{padding:.45rem 0;border-bottom:1px solid var(--hair);break-inside:avoid;font-size:.86rem}
.causes .reason{display:inline}
.rowsof{font-size:.8rem;color:var(--soft)}
.plain{list-style:disc;padding-left:1.2rem;font-size:.86rem}
.trend td,.trend th{font-variant-numeric:tabular-nums}
.plan{font-size:.8rem}.plan .where{width:14%}
.figures,details ul{list-style:none}
.figures b,details b{font-weight:650;font-variant-numeric:tabular-nums}
.allowed,.more,.none,.onpaper{color:var(--soft)}
.links,.onpaper,details{font-size:.8rem}
summary{cursor:pointer;color:#0b4f9e;width:max-content;min-height:24px;line-height:24px}
.links a{display:inline-block;min-width:24px;line-height:24px}
.onpaper{display:none}
.tick,.tests thead th:last-child{text-align:center}
.tick span,.choice i{display:inline-block;width:1.05rem;height:1.05rem;border:1.3px solid var(--ink);border-radius:2px;background:#fff}
.source,.criteria .why{font-size:.78rem;color:var(--soft)}
.criteria .name{width:27%}.criteria .judged{width:10.8rem}
.criteria tbody th{font-weight:600}
.signatures th,.signatures td{border:1px solid var(--line)}
.signatures thead th{border-bottom:1.5px solid var(--ink)}
.signatures tbody th{font-weight:600}
.signatures tbody td,.signatures tbody th{height:3.6rem;vertical-align:middle}
.signatures .role{width:20%}.signatures .date{width:15%}.signatures .decision{width:8.5rem}
.choice{display:flex;align-items:center;gap:.45rem;font-size:.8rem;line-height:1.5}
.choice i{width:.8rem;height:.8rem;flex:none}
footer{margin-top:1.6rem;padding-top:.8rem;border-top:1px solid var(--line);font-size:.78rem;color:var(--soft)}
.legend{display:grid;grid-template-columns:1fr 1fr;gap:.15rem 2rem;margin-bottom:.7rem}
.legend div{display:grid;grid-template-columns:7.2rem 1fr}
.legend dt{color:var(--ink);font-size:.74rem}
.resolved{margin-top:.4rem}
pre{margin:.3rem 0 0;font:.9em/1.4 ui-monospace,Menlo,Consolas,"Liberation Mono",monospace;white-space:pre-wrap;overflow-wrap:anywhere}
.matrix{display:block;max-width:100%;margin-top:.6rem}
code{font:.92em ui-monospace,"SF Mono",Menlo,Consolas,"Liberation Mono",monospace;overflow-wrap:anywhere}
.keep{break-inside:avoid}
@media screen and (max-width:46rem){main{margin:0;padding:1.2rem}.facts,.banners,.legend{grid-template-columns:1fr}table.tests,.tests tbody,.tests tr,.tests td,.tests th{display:block;width:auto}.tests thead{display:none}.tests tr.row{padding:.4rem 0}.tests td,.tests tbody th{padding:.15rem .3rem}.tick{text-align:left}table.plan,.plan tbody,.plan tr,.plan td,.plan th,table.criteria,.criteria tbody,.criteria tr,.criteria td,.criteria th,table.signatures,.signatures tbody,.signatures tr,.signatures td,.signatures th{display:block;width:auto}.criteria thead,.signatures thead,.plan thead{display:none}.plan td,.plan tbody th{padding:.1rem .3rem}.plan tr.row{padding:.4rem 0}.criteria td,.criteria tbody th{padding:.1rem .3rem}.criteria tr.row{padding:.4rem 0}.signatures tbody td,.signatures tbody th{height:auto;min-height:2.6rem;border-bottom:0}.signatures tr:last-child td:last-child{border-bottom:1px solid var(--line)}td[data-label]::before{content:attr(data-label) ": ";color:var(--soft)}}
@page{size:A4;margin:13mm 13mm 15mm;@bottom-right{content:"page " counter(page) " of " counter(pages);font:8pt Arial,"Liberation Sans",sans-serif;color:#4b5866}@bottom-left{content:"Sign-off sheet";font:8pt Arial,"Liberation Sans",sans-serif;color:#4b5866}}
@media print{
html{background:none;font-size:9.6pt}
main{max-width:none;margin:0;padding:0;box-shadow:none}
a{color:inherit;text-decoration:none}
details,.links{display:none}
.onpaper{display:block}
h1{font-size:1.6rem}
th,td{padding:.34rem .5rem}
}
`;
