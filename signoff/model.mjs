// What the sign-off sheet says, as data: verdicts of scenarios, tests, criteria, the run, the sign-off.
// Pure: no files, no clock. The rules:
// - a scenario passes only when Allure says so and none of its recorded checks says otherwise;
// - a test (one QA-WS id) is as good as its worst scenario, and NOT VERIFIED when fewer scenarios ran
//   than requirements.json asks for;
// - the run speaks about what was selected, the sign-off about everything that requirements.json lists;
// - what was not measured is never counted as passed;
// - what a scenario says otherwise than planned keeps its criterion from being met as planned (edits.mjs);
// - what other runs have shown counts where it is of the same commit and target (evidence.mjs).

import { causesOf, findingOf, heldIn } from "./causes.mjs";
import { NOT_AS_PLANNED, asPlanned, deviatingIds } from "./edits.mjs";
import { takeEvidence } from "./evidence.mjs";
import { clip, clipSentence } from "./html.mjs";

export const TEST_VERDICTS = ["FAILED", "BROKEN", "INCONCLUSIVE", "NOT VERIFIED", "NOT COVERED", "PASSED"];
/** behave's exit code where something was not verified, and nothing worse: rows say which. */
const UNVERIFIED_EXIT = 4;
/** Of a criterion: the target says why nothing can be measured, and whoever signs reads it. */
const EXEMPT = "EXEMPT";
/** What holds no signature back. */
const SETTLED = ["MET", "BY HAND", EXEMPT];
const worst = (verdicts) => TEST_VERDICTS.find((verdict) => verdicts.includes(verdict)) ?? "NOT COVERED";
const count = (list, word) => `${list} ${word}${list === 1 ? "" : "s"}`;
const firstLine = (text) => String(text ?? "").trim().split("\n")[0];
const sentence = (text) => (/[.!?…]$/.test(text) ? text : `${text}.`);

/** Everything the sheet shows. `input`: { requirements, run, checks, results, gates, errors, evidence }. */
export function signoffModel(input) {
  const { requirements } = input;
  const checks = (input.checks ?? []).map((line) => ({ ...line, id: line.id || null }));
  const run = input.run ?? {};
  const scenarios = toldApart([...scenariosOf(input.results ?? [], checks), ...missingScenarios(run, input)]);
  const tests = testsOf(requirements, scenarios, checks, run.edits ?? []);
  const planned = tests.filter((test) => test.planned);
  const other = (kind) => takeEvidence(kind, run, input.evidence);
  const criteria = requirements.criteria.map((criterion) => judgeCriterion(criterion, planned, checks, other, run));
  const further = (requirements.further ?? []).map((criterion) => judgeFurther(criterion, other));
  const runVerdict = judgeRun({ ...input, run }, scenarios);
  return { run, runVerdict, signoffVerdict: judgeSignoff(runVerdict, tests, criteria, run), tests, criteria, further, causes: causesOf(scenarios), counts: tally(scenarios) };
}

// ---------------------------------------------------------------------------------- scenarios
function scenariosOf(results, checks) {
  return results.map((result) => {
    const own = checks.filter((line) => belongs(line, result)).flatMap((line) => line.checks ?? []);
    return { ...result, ...scenarioVerdict(result, own) };
  });
}

/** Whether checks are of a scenario, or of its row: a title may come again in another feature. */
const belongs = (line, { at }) => Boolean(at) && line.at === at;

/** Scenarios, with their feature files behind titles without an id that come in several. */
function toldApart(scenarios) {
  const fileOf = ({ at }) => String(at).replace(/:\d+$/, "");
  const files = new Map();
  for (const one of scenarios) files.set(one.title, (files.get(one.title) ?? new Set()).add(fileOf(one)));
  return scenarios.map((one) => (one.id === null && files.get(one.title).size > 1 ? { ...one, title: `${one.title} (${fileOf(one)})` } : one));
}

/** An outline's row as one string, whatever it came as: null, text, or a mapping of heading to cell. */
function rowText(row) {
  if (row === null || row === undefined) return "";
  if (typeof row !== "object") return String(row);
  return Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => `${name}=${value}`).join("; ");
}

function scenarioVerdict({ status, message }, checks) {
  if (status === "failed") return { verdict: "FAILED", reason: message };
  if (status === "skipped") return { verdict: "NOT VERIFIED", reason: String(message ?? "").replace(/^SKIPPED: /, "") };
  if (status !== "passed") {
    const said = String(message ?? "");
    const unsure = said.startsWith("INCONCLUSIVE");
    return { verdict: unsure ? "INCONCLUSIVE" : "BROKEN", reason: said.replace(/^INCONCLUSIVE: /, "") || `Allure reports “${status}”` };
  }
  const bad = checks.find((check) => check.verdict === "not met") ?? checks.find((check) => check.verdict !== "met");
  if (!bad) return { verdict: "PASSED", reason: "" };
  const reason = `${bad.what}: measured ${bad.measured}, allowed ${bad.allowed}`;
  return bad.verdict === "not met" ? { verdict: "FAILED", reason } : { verdict: "INCONCLUSIVE", reason };
}

/** Selected scenarios that left no result: the run ended before them. */
function missingScenarios(run, { results = [] }) {
  const left = new Set(results.map(({ at }) => at));
  const reason = run.aborted || run.state === "aborted" ? "not run: the run was aborted before it" : "not run: the run ended before it";
  return (run.selected ?? []).filter(({ at }) => !left.has(at))
    .map(({ id, at, name }) => ({ id: id || null, at, title: name, name, verdict: "NOT VERIFIED", reason, missing: true }));
}

function tally(scenarios) {
  const counts = Object.fromEntries(TEST_VERDICTS.map((verdict) => [verdict, 0]));
  for (const { verdict } of scenarios) counts[verdict] += 1;
  return { ...counts, total: scenarios.length };
}

// -------------------------------------------------------------------------------------- tests
function testsOf(requirements, scenarios, checks, edits) {
  const listed = new Set(requirements.requirements.map(({ id }) => id));
  const extra = new Map();
  for (const scenario of scenarios) {
    if (!listed.has(scenario.id)) extra.set(scenario.id ?? scenario.title, scenario);
  }
  const further = [...extra].map(([key, { id, title }]) => ({
    id: id ?? "—", key, title: String(title).replace(`${id} `, ""), section: requirements.beyond, kind: "", planned: false,
  })).sort((a, b) => a.id.localeCompare(b.id, "en", { numeric: true }));
  return [...requirements.requirements.map((test) => ({ ...test, key: test.id, planned: true })), ...further].map((test) => {
    const own = scenarios.filter((scenario) => (scenario.id ?? scenario.title) === test.key);
    const lines = checks.filter((line) => line.id !== null && line.id === test.key);
    const failed = own.filter(({ verdict }) => verdict === "FAILED");
    const held = heldIn(lines.filter((line) => failed.some((scenario) => belongs(line, scenario))));
    return { ...test, ...judgeTest(test, own), scenarios: own, held, edits: edits.filter(({ id }) => id === test.key), evidence: evidenceOf(lines) };
  });
}

function judgeTest({ scenarios: needed = 1 }, own) {
  const ran = own.filter((scenario) => !scenario.missing).length;
  const passed = own.filter(({ verdict }) => verdict === "PASSED").length;
  const verdict = worst(own.map((scenario) => scenario.verdict));
  const reasons = own.filter((scenario) => scenario.verdict === verdict && verdict !== "PASSED");
  const base = { ran, passed, needed, reason: firstLine(reasons[0]?.reason), alike: reasons.length };
  if (verdict === "PASSED" && passed < needed) {
    return { ...base, verdict: "NOT VERIFIED", reason: `only ${passed} of at least ${needed} scenarios ran` };
  }
  return { ...base, verdict };
}

/**
 * The measured figures of a test, the telling ones first: refuted, inconclusive, bounded, others.
 * Figures of one name ("tick #1", "tick #2" …) are shown once, by the worst of them.
 */
function evidenceOf(lines) {
  const groups = new Map();
  for (const check of lines.flatMap((line) => line.checks ?? [])) {
    const key = `${unnumbered(check.what)}|${check.allowed}`;
    groups.set(key, [...(groups.get(key) ?? []), check]);
  }
  const figures = [...groups.values()].map((group) => {
    const gravest = ["not met", "inconclusive"].find((word) => group.some(({ verdict }) => verdict === word)) ?? "met";
    const alike = group.filter(({ verdict }) => verdict === gravest);
    const shown = worstFigure(alike);
    return { ...shown, what: group.length > 1 ? unnumbered(shown.what) : shown.what, times: group.length, alike: alike.length, rated: isBounded(shown.allowed) };
  });
  return figures.sort((a, b) => weight(a) - weight(b));
}

const unnumbered = (what) => what.replaceAll(/ #\d+/g, "");
const isBounded = (allowed) => /at most|at least|below|above|before|less|more|within|[<>≤≥]/i.test(allowed);
const weight = ({ verdict, allowed }) => ["not met", "inconclusive", "met"].indexOf(verdict) * 2 + (isBounded(allowed) ? 0 : 1);

function worstFigure(group) {
  const lowIsBad = /at least|not before|more than|≥|>/i.test(group[0].allowed);
  const rated = group.map((check) => ({ check, number: readNumber(check.measured) }));
  if (rated.some(({ number }) => number === null)) return group[0];
  return rated.reduce((a, b) => ((lowIsBad ? b.number < a.number : b.number > a.number) ? b : a)).check;
}

/** The first number in a figure ("50,000 of 50,000" is 50000, "1.2 s" is 1200 as everything in time is in ms); null where there is none. */
export function readNumber(text) {
  const match = /([-+−]?)(\d[\d,]*(?:\.\d+)?)\s*(µs|us|ms|s|min|h)?(?![\w/])/.exec(String(text ?? ""));
  if (!match) return null;
  const scale = { "µs": 1e-3, us: 1e-3, ms: 1, s: 1e3, min: 6e4, h: 3.6e6 }[match[3]] ?? 1;
  const number = Number(match[2].replaceAll(",", "")) * scale;
  return match[1] === "-" || match[1] === "−" ? -number : number;
}

// ----------------------------------------------------------------------------------- criteria
function judgeCriterion(criterion, planned, checks, other, run) {
  if (criterion.by_hand) return { ...criterion, measured: "on this sheet", verdict: "BY HAND", source: "" };
  if (criterion.kind) {
    const tests = planned.filter((test) => test.kind === criterion.kind);
    return asPlanned({ ...criterion, ...judgeCount(tests) }, run, tests.map(({ id }) => id));
  }
  if (!criterion.from) {
    const judged = judgeMeasures(criterion, checks, { source: "this run", why: unmeasured(criterion, planned) });
    return asPlanned(judged, run, criterion.measures.map(({ id }) => id));
  }
  const why = run.target?.exempt?.[criterion.from];
  if (why) return { ...criterion, measured: "", verdict: EXEMPT, source: `said by ${run.target.file}`, why };
  const taken = other(criterion.from);
  return judgeMeasures(criterion, [{ id: null, checks: taken.checks }], taken);
}

/** Why no scenario has measured it: the test that does so came to no figure, or did not run. */
function unmeasured({ measures }, planned) {
  const ran = planned.find(({ id, verdict }) => measures.some((measure) => measure.id === id) && !["PASSED", "NOT COVERED"].includes(verdict));
  return ran ? clip(`${ran.id}, which measures it, is ${ran.verdict}: ${findingOf(ran.reason)}`, 400) : "no scenario of this run measures it";
}

/** What holds no signature back: shown with its figures where it is of this commit, or why it is not. */
function judgeFurther({ measures, ...criterion }, other) {
  const { checks, summary, ...taken } = other(criterion.from);
  const shown = checks.filter(({ what }) => !measures || measures.some((measure) => what.toLowerCase().includes(measure.what.toLowerCase())));
  const verdict = !shown.length ? "NOT RUN" : shown.some((check) => check.verdict === "not met") ? "NOT MET" : shown.every((check) => check.verdict === "met") ? "MET" : "INCONCLUSIVE";
  const measured = shown.map((check) => check.measured).join(", ") || summary;
  return { ...criterion, ...taken, measured, verdict, why: taken.why || (shown.length ? "" : "it left no figure") };
}

function judgeMeasures(criterion, checks, { source, why, details = [] }) {
  const parts = criterion.measures.map((measure) => judgeMeasure(measure, checks));
  const verdict = ["NOT MET", NOT_AS_PLANNED, "INCONCLUSIVE", "NOT MEASURED", "MET"].find((word) => parts.some((part) => part.verdict === word));
  const known = parts.filter((part) => part.measured !== null);
  const figures = known.map(({ label, measured: figure }) => (label ? `${label} ${figure}` : figure));
  const measured = figures.join(figures.some((figure) => /[,;(]/.test(figure)) ? "; " : ", ");
  return { ...criterion, measured, verdict, source: known.length ? source : "", why: verdict === "NOT MEASURED" ? why : "", details };
}

function judgeCount(tests) {
  const passed = tests.filter(({ verdict }) => verdict === "PASSED").length;
  const refuted = tests.some(({ verdict }) => verdict === "FAILED");
  const untouched = tests.every(({ verdict }) => verdict === "NOT COVERED");
  const verdict = passed === tests.length ? "MET" : refuted ? "NOT MET" : untouched ? "NOT MEASURED" : "INCOMPLETE";
  return { measured: untouched ? "" : `${passed} of ${tests.length} passed`, verdict, source: untouched ? "" : "this run" };
}

function judgeMeasure({ id, what, label = "", read, row = "", ...bound }, checks) {
  const figure = ({ measured }) => readNumber(read ? new RegExp(read).exec(measured)?.[1] : measured);
  const found = checks
    .filter((line) => (!id || line.id === id) && rowText(line.row).includes(row))
    .flatMap((line) => line.checks ?? [])
    .filter((check) => String(check.what).toLowerCase().includes(what.toLowerCase()));
  if (!found.length) return { label, measured: null, verdict: "NOT MEASURED" };
  const refutes = (check) => check.verdict === "not met" || (check.verdict === "met" && within(figure(check), bound) === false);
  const outside = found.find(refutes);
  if (outside) return { label, measured: outside.measured, verdict: "NOT MET" };
  const looser = read ? undefined : found.find((check) => isLooser(check.allowed, bound));
  if (looser) return { label, measured: `${looser.measured} (allowed in the scenario: ${looser.allowed})`, verdict: NOT_AS_PLANNED };
  const unsure = found.find((check) => check.verdict !== "met");
  if (unsure) return { label, measured: unsure.measured, verdict: "INCONCLUSIVE" };
  const unread = found.find((check) => within(figure(check), bound) === null);
  if (unread) return { label, measured: unread.measured, verdict: "NOT MEASURED" };
  const numbers = found.map((check) => ({ check, number: figure(check) }));
  const shown = numbers.reduce((a, b) => ((bound.at_least !== undefined ? b.number < a.number : b.number > a.number) ? b : a));
  return { label, measured: shown.check.measured, verdict: "MET" };
}

/** Whether what a scenario allows ("below 500 ms") is more than the criterion's bound ({ below: 100 }) does, whatever plan.json has. */
function isLooser(allowed, { below, at_most, at_least }) {
  const number = readNumber(allowed);
  if (number === null) return false;
  if (at_least !== undefined) return /at least|above|more/i.test(allowed) && number < at_least;
  return /at most|below|less|within/i.test(allowed) && number > (below ?? at_most);
}

function within(number, { below, at_most, at_least }) {
  if (number === null) return null;
  if (below !== undefined) return number < below;
  if (at_most !== undefined) return number <= at_most;
  if (at_least !== undefined) return number >= at_least;
  return null;
}

// ------------------------------------------------------------------- the run and the sign-off
function judgeRun({ run, gates = [], errors = [] }, scenarios) {
  const counts = tally(scenarios);
  const total = counts.total;
  const all = `${count(total, "scenario")}`;
  const first = (verdict) => {
    const scenario = scenarios.find((one) => one.verdict === verdict);
    const name = scenario.id ?? scenario.title;
    return sentence(`${name}: ${clipSentence(findingOf(scenario.reason), 300)}`);
  };
  /** How many came to a verdict, and what else did not pass: the gravest alone would hide it. */
  const told = (verdict) => {
    const words = { FAILED: "failed", BROKEN: "broke", INCONCLUSIVE: "inconclusive", "NOT VERIFIED": "not verified" };
    const less = Object.keys(words).slice(Object.keys(words).indexOf(verdict) + 1);
    const others = less.filter((one) => counts[one]).map((one) => `, ${counts[one]} ${words[one]}`);
    return `${counts[verdict]} of ${all} ${words[verdict]}${others.join("")}`;
  };
  const say = (verdict, reason) => ({ verdict, reason, total, passed: counts.PASSED });
  const state = run.state ?? "missing";
  const stopped = () => {
    const failed = counts.FAILED ? `, ${counts.FAILED} failed` : "";
    return say("ABORTED", `Stopped by hand: ${counts.PASSED} of ${all} passed before${failed}.`);
  };
  if (run.aborted) return stopped();
  // behave calls a run whose before_all failed "aborted" too: an error tells the two apart
  if (counts.FAILED && (state === "broken" || run.error)) {
    return say("FAILED", `${told("FAILED")}. ${first("FAILED")} The run broke besides: ${sentence(firstLine(run.error))}`);
  }
  if (state === "broken" || run.error) return say("BROKEN", sentence(firstLine(run.error) || "the run broke before it ended"));
  if (state === "aborted") return stopped();
  if (state === "missing") {
    return say("BROKEN", total ? "run.json is missing, so that nobody can say what was selected." : "behave ended before any scenario could start.");
  }
  if (state !== "finished") return say("BROKEN", "The run ended without coming to its end: its last state is “running”.");
  if (!total) return say("BROKEN", "No scenario was selected.");
  if (counts.FAILED) return say("FAILED", `${told("FAILED")}. ${first("FAILED")}`);
  if (errors.length) return say("BROKEN", sentence(firstLine(errors[0].message)));
  if (counts.BROKEN) return say("BROKEN", `${told("BROKEN")}. ${first("BROKEN")}`);
  if (counts.INCONCLUSIVE) {
    return say("INCONCLUSIVE", `${told("INCONCLUSIVE")}. ${first("INCONCLUSIVE")}`);
  }
  if (run.behave_exit && run.behave_exit !== UNVERIFIED_EXIT) return say("BROKEN", `behave ended with exit code ${run.behave_exit} although no scenario failed: see its output.`);
  if (counts["NOT VERIFIED"]) {
    return say("INCOMPLETE", `${counts["NOT VERIFIED"]} of ${all} not verified. ${first("NOT VERIFIED")}`);
  }
  const gate = gates.find(({ success }) => !success);
  if (gate) return say("BROKEN", sentence(`Quality gate ${gate.rule}: ${firstLine(gate.message)}`));
  return say("PASSED", `All ${all} passed.`);
}

function judgeSignoff(runVerdict, tests, criteria, run) {
  const planned = tests.filter((test) => test.planned);
  const of = (verdict) => planned.filter((test) => test.verdict === verdict).length;
  const total = planned.length;
  const parts = TEST_VERDICTS.filter((verdict) => verdict !== "PASSED" && of(verdict)).map((verdict) => `${of(verdict)} ${verdict.toLowerCase()}`);
  const passed = `${of("PASSED")} of ${total} tests passed${parts.length ? `, ${parts.join(", ")}` : ""}.`;
  const open = criteria.filter(({ verdict }) => !SETTLED.includes(verdict));
  const missed = open.filter(({ verdict }) => verdict === "NOT MET");
  const listed = (list) => list.map(({ name }) => name.toLowerCase()).join(", ");
  const say = (verdict, reason) => ({ verdict, reason, total, passed: of("PASSED"), missing: planned.filter((test) => test.verdict === "NOT COVERED").map(({ id }) => id) });
  if (of("FAILED")) return say("FAILED", passed);
  if (missed.length) return say("FAILED", `${passed} Not met: ${listed(missed)}.`);
  if (["BROKEN", "ABORTED", "INCONCLUSIVE", "FAILED"].includes(runVerdict.verdict)) return say("INCOMPLETE", `The run is ${runVerdict.verdict.toLowerCase()}. ${passed}`);
  if (of("PASSED") < total) return say("INCOMPLETE", passed);
  const loosened = open.filter(({ verdict }) => verdict === NOT_AS_PLANNED);
  if (loosened.length) return say("INCOMPLETE", `${passed} Not met as planned: ${listed(loosened)}.`);
  const changed = deviatingIds(run, tests.map(({ key }) => key));
  if (changed.length) return say("INCOMPLETE", `${passed} Not as planned: ${changed.join(", ")}.`);
  const lacking = ["NOT MEASURED", "INCONCLUSIVE", "INCOMPLETE"].map((verdict) => [verdict, open.filter((one) => one.verdict === verdict)]);
  const told = lacking.filter(([, list]) => list.length).map(([verdict, list]) => `${verdict[0]}${verdict.slice(1).toLowerCase()}: ${listed(list)}.`);
  if (open.length) return say("INCOMPLETE", `${passed} ${told.join(" ")}`);
  const uncommitted = run.suite?.commit && run.suite.changes ? " The suite's tree has uncommitted changes." : "";
  const exempt = criteria.filter(({ verdict }) => verdict === EXEMPT);
  const met = exempt.length ? `All other criteria are met. Exempt by the target: ${listed(exempt)} (${exempt[0].why}).` : "All criteria are met.";
  return say("READY TO SIGN", `${passed} ${met}${uncommitted}`);
}
