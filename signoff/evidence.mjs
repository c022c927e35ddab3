// Evidence of runs beside the main one: which of it may stand on this run's sheet, and what it says.
// It may where it is of the same state of the suite and of the same target; pure, like model.mjs.

/** Whether there is no Makefile, because the suite is installed as a package. */
const IS_INSTALLED = process.env.QAWS_INSTALLED === "1";
const HERE = { coverage: "make coverage", repeat: "make repeat", stress: "make repeat STRESS=1", hour: "make nightly", faults: "make faults", mutation: "make mutation" };
const ELSEWHERE = { coverage: "qaws coverage", repeat: "qaws repeat", stress: "qaws repeat --stress", hour: "qaws nightly", faults: "make faults, in the suite's own folder", mutation: "make mutation, in the suite's own folder" };
/** The command that brings each kind, for whoever reads that it is missing. */
const COMMANDS = IS_INSTALLED ? ELSEWHERE : HERE;
const TITLES = { coverage: "coverage run", repeat: "repeated runs", stress: "repeated runs with all cores busy", hour: "nightly run", faults: "proof of the faults", mutation: "mutation testing" };
/** What is of the suite alone, whatever the target. */
const ANY_TARGET = ["faults", "mutation"];

/** The target that is run where nobody names one. */
const REFERENCE = "targets/reference.toml";

/** The command that brings a kind of evidence of the target of a run; for coverage, also what to do where none can be. */
function commandFor(kind, { file = REFERENCE } = {}) {
  if (ANY_TARGET.includes(kind) || file === REFERENCE) return COMMANDS[kind];
  const command = `${ELSEWHERE[kind]} -D target=${file}`;
  return kind === "coverage" ? `${command}; of a service that is no Python program, say so in ${file}: [coverage] exempt = "it is written in …"` : command;
}

/** A state of the suite in words: the commit, and whether its tree was as committed. */
export function suiteWords(suite) {
  if (!suite) return "";
  if (!suite.commit) return `no commit known, files ${suite.changes}`;
  return `commit ${suite.commit.slice(0, 10)}${suite.changes ? `, with uncommitted changes (${[suite.files, suite.changes].filter(Boolean).join("; ")})` : ""}`;
}

const sameSuite = (a, b) => Boolean(a && b) && a.commit === b.commit && a.changes === b.changes;

/**
 * What is known of one kind of evidence: { checks, source, why, summary, details }.
 * `why` says why nothing of it counts here, "" where it does.
 */
export function takeEvidence(kind, run, all = {}) {
  const record = all[kind];
  const none = (why) => ({ checks: [], source: "", why, summary: "", details: [] });
  const command = commandFor(kind, run.target ?? {});
  if (!record) return none(`not run for this commit: ${command}`);
  if (!run.suite) return none("this run does not say of which commit it is");
  if (!sameSuite(record.suite, run.suite)) return none(`not run for this commit, the last one was of ${suiteWords(record.suite)}: ${command}`);
  const source = sourceWords(TITLES[kind], record);
  const ofThisTarget = ANY_TARGET.includes(kind) || (record.target && record.target.digest === run.target?.digest);
  const found = { checks: record.figures ?? [], source, why: "", summary: record.summary ?? "", details: record.details ?? [] };
  if (record.target && !ofThisTarget) return none(`not run for this target, the last one was of ${record.target.name}${record.target.name === run.target?.name ? " with other settings" : ""}: ${command}`);
  if (record.problem) return { ...found, checks: [], why: record.problem };
  if (record.state === "finished" && !ofThisTarget) return none("nobody knows of which target it was");
  if (!record.whole) return { ...found, checks: [], why: `run for a part only (${record.selection}): ${command}` };
  // A failure stands, however the runs ended; anything else needs them to have come to their end.
  if (record.state !== "finished" && !found.checks.some(({ verdict }) => verdict === "not met")) {
    const how = { running: "it has not come to its end", aborted: "it was stopped by hand", broken: "it broke" }[record.state] ?? record.state;
    return { ...found, checks: [], why: `${how}: ${command}` };
  }
  return found;
}

/** Where a figure is from: what ran, when, of which commit and target. */
export function sourceWords(title, { started, suite, target }) {
  const when = started ? `${new Date(started).toISOString().slice(0, 16).replace("T", ", ")} UTC` : "";
  return [title, when, suiteWords(suite), target?.name && `target ${target.name}`].filter(Boolean).join("; ");
}
