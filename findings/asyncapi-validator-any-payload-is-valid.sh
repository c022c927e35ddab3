#!/usr/bin/env bash
# asyncapi-validator: a payload that says its schemaFormat, as 3.0 has it, is never looked at: every message is valid.
#
# Expected: AsyncAPI 3.0 writes a payload as a schema, or as {schemaFormat, schema} with the same schema in it. The README promises 2.0
#   and above. A price that is a text is refused in either form; each message that a channel has can be validated.
# Seen: asyncapi-validator 5.1.1 hands the payload as it stands to ajv, in loose mode: "schemaFormat" and "schema" are unknown words, and what
#   is left is the schema that allows everything. With 2.6, where schemaFormat stands beside the payload, the same schema refuses. Two
#   operations that send on one channel are one, the last: the messages of the first are "not found", as is a request whose reply comes on
#   its own channel, which over WebSocket is the usual case.
# Why it matters: this is the check of ticks against the contract in tests. The converter from 2.x writes a schemaFormat into
#   the payload, as 3.0 wants it, and from that day on the test is green for anything that is JSON.
# Way to live with it: a message that must be refused in each such test; no schemaFormat where it is the default one; validator.schema
#   and ajv in strict mode; one operation for each channel and action.
# Versions: asyncapi-validator 5.1.1 (the newest), @asyncapi/converter 2.0.2, Node.js 20.20.2. Nothing found about it.
#
# Output seen:
#                                       {"price":18000.5}   {"price":"18000.5"}   {}
#   2.6                                 valid               refused               refused
#   2.6 with a schemaFormat             valid               refused               refused
#   2.6 with a schemaFormat, converted  valid               valid                 valid
#   3.0                                 valid               refused               refused
#   3.0 with a schemaFormat             valid               valid                 valid
#   3.0, another operation sends, too   not found           not found             not found
#   3.0, a question with a reply        not found           not found             not found
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts asyncapi-validator@5.1.1 @asyncapi/converter@2.0.2 >npm.log 2>&1 ||
  { cat npm.log; exit 1; }

cat > probe.cjs <<'PROBE'
const validators = require("asyncapi-validator");
const { convert } = require("@asyncapi/converter");

const info = { title: "ticks", version: "1" };
const format = "application/schema+json;version=draft-07";
const schema = { type: "object", required: ["price"], properties: { price: { type: "number" } } };
const at = (name) => ({ $ref: `#/channels/ticks/messages/${name}` });
const channel = { $ref: "#/channels/ticks" };
const send = (name) => ({ action: "send", channel, messages: [at(name)] });

function of26(extra) {
  const message = { name: "tick", payload: schema, ...extra };
  return { asyncapi: "2.6.0", info, channels: { ticks: { subscribe: { operationId: "sendTick", message } } } };
}
function of30(payload, operations = { sendTick: send("tick") }) {
  const messages = { tick: { name: "tick", payload }, close: { name: "close", payload: schema } };
  messages.ask = { name: "ask", payload: { type: "object" } };
  return { asyncapi: "3.0.0", info, channels: { ticks: { messages } }, operations };
}
const ask = { action: "send", channel, messages: [at("ask")], reply: { channel, messages: [at("tick")] } };
const documents = [
  ["2.6", of26({}), "tick"],
  ["2.6 with a schemaFormat", of26({ schemaFormat: format }), "tick"],
  ["2.6 with a schemaFormat, converted", convert(of26({ schemaFormat: format }), "3.0.0"), "tick"],
  ["3.0", of30(schema), "tick"],
  ["3.0 with a schemaFormat", of30({ schemaFormat: format, schema }), "tick"],
  ["3.0, another operation sends, too", of30(schema, { sendTick: send("tick"), sendClose: send("close") }), "tick"],
  ["3.0, a question with a reply", of30(schema, { ask }), "ask"],
];
async function verdict(document, name, message) {
  const validator = await validators.fromSource(document, { msgIdentifier: "name" });
  const action = document.asyncapi === "2.6.0" ? "subscribe" : "send";
  try {
    return validator.validate(name, message, "ticks", action) ? "valid" : "?";
  } catch (error) {
    return /not found/.test(error.message) ? "not found" : "refused";
  }
}
(async () => {
  const rows = [];
  console.log(`${"".padEnd(35)} ${'{"price":18000.5}'.padEnd(19)} ${'{"price":"18000.5"}'.padEnd(21)} {}`);
  for (const [title, document, name] of documents) {
    const row = [];
    for (const message of [{ price: 18000.5 }, { price: "18000.5" }, {}]) row.push(await verdict(document, name, message));
    rows.push(row.join(" "));
    console.log(`${title.padEnd(35)} ${row[0].padEnd(19)} ${row[1].padEnd(21)} ${row[2]}`);
  }
  const right = "valid refused refused";
  const wanted = [right, right, "valid valid valid", right, "valid valid valid"];
  wanted.push("not found not found not found", "not found not found not found");
  if (rows.join() !== wanted.join()) {
    console.error("not as described any more");
    process.exit(1);
  }
})();
PROBE
node probe.cjs
