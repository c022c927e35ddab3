#!/usr/bin/env bash
# AsyncAPI parser: examples of messages are validated in a document of 2.6, and not in one of 3.0.
#
# Expected: a document that passes the parser has examples that fit their payload; moving it from 2.6
#   to 3.0 takes no check away.
# Seen: @asyncapi/parser 3.6.6 has the rule asyncapi2-message-examples, an error, and no rule for 3.x.
#   Under 3.0 an example without its price, with a text as price or with a wrong time passes without
#   a word. Under 2.6 a right one is refused: 100.3 is no multiple of 0.05 in floating point, and
#   then there is no document at all. What 3.0 lets pass is also what mocks and docs show.
# Why it matters: canned ticks in tests and mock servers come from these examples. The pipeline's
#   "validate" is green before and after the move, and says less after it.
# Way to live with it: validate the examples in a test of one's own, with the validator that the
#   tests use for ticks; no multipleOf below 1 (prices in the smallest step, or a pattern).
# Versions: @asyncapi/parser 3.6.6. Issue 925 of asyncapi/cli tells of examples in 3.0 (open).
#
# Output seen:
#   example                          in 2.6                                 in 3.0
#   {"last":100.3}                   "last" property must be multiple of…   valid
#   {"last":100.5,"time":"now"}      "time" property must match format "…   valid
#   {"last":"100.5"}                 "last" property type must be number    valid
#   {}                               "payload" property must have requir…   valid
#   {"last":100.5}                   valid                                  valid
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts @asyncapi/parser@3.6.6

cat > examples.cjs <<'EXAMPLES'
const { Parser } = require("@asyncapi/parser");
const info = { title: "ticks", version: "1" };
const payload = {
  type: "object",
  required: ["last"],
  properties: {
    last: { type: "number", multipleOf: 0.05 },
    time: { type: "string", format: "date-time" },
  },
};
const of26 = (message) => ({
  asyncapi: "2.6.0",
  info,
  channels: { ticks: { subscribe: { operationId: "receive", message } } },
});
const of30 = (message) => ({
  asyncapi: "3.0.0",
  info,
  channels: { ticks: { address: "/ticks", messages: { tick: message } } },
  operations: { receive: { action: "send", channel: { $ref: "#/channels/ticks" } } },
});
const verdict = async (document) => {
  const { document: parsed, diagnostics } = await new Parser().parse(JSON.stringify(document));
  const error = diagnostics.find((diagnostic) => diagnostic.severity === 0);
  return error ? error.message : parsed ? "valid" : "no document";
};
const short = (text) => (text.length > 36 ? `${text.slice(0, 35)}…` : text);
(async () => {
  console.log("example".padEnd(32), "in 2.6".padEnd(38), "in 3.0");
  let asDescribed = true;
  for (const [example, valid26] of [
    [{ last: 100.3 }, false],
    [{ last: 100.5, time: "now" }, false],
    [{ last: "100.5" }, false],
    [{}, false],
    [{ last: 100.5 }, true],
  ]) {
    const message = { payload, examples: [{ name: "a tick", payload: example }] };
    const before = await verdict(of26(message));
    const after = await verdict(of30(message));
    console.log(JSON.stringify(example).padEnd(32), short(before).padEnd(38), short(after));
    asDescribed &&= after === "valid" && (before === "valid") === valid26;
  }
  process.exit(asDescribed ? 0 : 1);
})();
EXAMPLES
node examples.cjs
