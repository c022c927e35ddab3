#!/usr/bin/env bash
# AsyncAPI optimizer: a trade, a quote and a halt all have the payload of the halt, and the tick of NSE is that of BSE.
#
# Expected: README: the optimizer makes a document smaller and clearer by moving what is repeated into components. What a message
#   must look like is the same before and after.
# Seen: @asyncapi/optimizer 2.0.0 names a moved part by the last word of its path and does not look whether that name is taken. A payload
#   that is written in its message is components.schemas.payload, for each message; the last one stays. "tick" of one channel and
#   "tick" of another are one message likewise. This is what it does by default (moveAllToComponents), and the result is valid. Without
#   that, duplicates are compared without looking at what begins with "x-": x-tick-size 0.01 becomes 0.05, a header x-sequence a number.
# Why it matters: clients, mocks and validators are made from the optimized document. A validator of that kind refuses each trade, or,
#   where the last payload asks for little, takes anything for one.
# Way to live with it: payloads in components from the start, by $ref; or rules with moveAllToComponents and moveDuplicatesToComponents
#   false; resolve both documents and compare message by message.
# Versions: @asyncapi/optimizer 2.0.0 (the newest), @asyncapi/parser 3.6.6, Node.js 20.20.2. Issue 261 of asyncapi/optimizer (open) is
#   about a document that becomes invalid; this was not found.
#
# Output seen:
#                            before                                     after
#   by default  ticks trade  price number, size number                  reason string
#   by default  ticks quote  bid number, ask number                     reason string
#   by default  ticks halt   reason string                              the same
#   by default  nse tick     price number                               price string
#   by default  bse tick     price string                               the same
#   duplicates  nse tick     x-sequence number, price number in 0.05    the same
#   duplicates  bse tick     x-sequence string, price number in 0.01    x-sequence number, price number in 0.05
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts @asyncapi/optimizer@2.0.0 @asyncapi/parser@3.6.6 >npm.log 2>&1 ||
  { cat npm.log; exit 1; }

cat > probe.cjs <<'PROBE'
const { Optimizer } = require("@asyncapi/optimizer");
const { Parser } = require("@asyncapi/parser");

const object = (properties) => ({ type: "object", required: Object.keys(properties), properties });
const number = { type: "number" };
const text = { type: "string" };
function ofChannels(channels, schemas) {
  const operations = {};
  for (const [channel, { messages }] of Object.entries(channels)) {
    channels[channel] = { address: `/${channel}`, messages };
    operations[channel] = { action: "send", channel: { $ref: `#/channels/${channel}` } };
  }
  const components = schemas && { components: { schemas } };
  return { asyncapi: "3.0.0", info: { title: "ticks", version: "1" }, channels, operations, ...components };
}
const inline = ofChannels({
  ticks: {
    messages: {
      trade: { payload: object({ price: number, size: number }) },
      quote: { payload: object({ bid: number, ask: number }) },
      halt: { payload: object({ reason: text }) },
    },
  },
});
const schemas = { nseTick: object({ price: number }), bseTick: object({ price: text }) };
const at = (schema) => ({ messages: { tick: { payload: { $ref: `#/components/schemas/${schema}` } } } });
const components = ofChannels({ nse: at("nseTick"), bse: at("bseTick") }, schemas);
const ofSize = (size, sequence) => ({
  messages: {
    tick: {
      headers: object({ "x-sequence": sequence }),
      payload: object({ price: { ...number, "x-tick-size": size } }),
    },
  },
});
const sizes = ofChannels({ nse: ofSize(0.05, number), bse: ofSize(0.01, text) });

function fields(schema) {
  const told = ([name, { type, "x-tick-size": size }]) => `${name} ${type}${size ? ` in ${size}` : ""}`;
  return schema ? Object.entries(schema.properties).map(told) : [];
}
async function messagesOf(source) {
  const { document, diagnostics } = await new Parser().parse(source);
  if (!document || diagnostics.some(({ severity }) => severity === 0)) throw new Error("not valid");
  const found = [];
  for (const channel of document.channels().all()) {
    for (const message of channel.messages().all()) {
      const all = [...fields(message.headers()?.json()), ...fields(message.payload().json())];
      found.push([`${channel.id()} ${message.id()}`, all.join(", ")]);
    }
  }
  return found;
}
(async () => {
  const seen = [];
  console.log(`${"".padEnd(25)}${"before".padEnd(43)}after`);
  const duplicates = { reuseComponents: true, removeComponents: true, moveDuplicatesToComponents: true };
  for (const [title, document, rules] of [
    ["by default", inline],
    ["by default", components],
    ["duplicates", sizes, { ...duplicates, moveAllToComponents: false }],
  ]) {
    const optimizer = new Optimizer(document);
    await optimizer.getReport();
    const optimized = optimizer.getOptimizedDocument({ output: "YAML", ...(rules && { rules }) });
    const after = await messagesOf(optimized);
    (await messagesOf(JSON.stringify(document))).forEach(([name, before], number) => {
      const changed = before !== after[number][1];
      seen.push(changed);
      console.log(`${title}  ${name.padEnd(12)} ${before.padEnd(41)}  ${changed ? after[number][1] : "the same"}`);
    });
  }
  if (JSON.stringify(seen) !== "[true,true,false,true,false,false,true]") {
    console.error("not as described any more");
    process.exit(1);
  }
})();
PROBE
node probe.cjs
