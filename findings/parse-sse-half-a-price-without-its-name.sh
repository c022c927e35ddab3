#!/usr/bin/env bash
# parse-sse and its neighbours: half a price is a tick, a trade is a "message" where a packet ends behind CR, a comment is a price.
#
# Expected: the standard that all four name: an event that no blank line has ended is thrown away; CR LF is one end of line, wherever packets are cut; a
#   line that begins with a colon is ignored; a block without data is no event.
# Seen: parse-sse 0.1.0 hands out at the end of the stream what it has: of "data: 1895.50", cut behind 189, a tick of 189, with the id of the whole.
#   It and event-stream-parser 1.0.2 take a CR at the end of a packet for an end of line and the LF that follows for a blank line: the
#   event ends there. Behind "event: trade" its name is gone, and the data comes as "message"; JSON over several lines is two halves.
#   @server-sent-stream/web 1.0.3 looks for a field anywhere in a line: ":data: 99", a comment, is an event. fetch-event-stream 0.1.6 yields
#   an event without data for each "retry:" or "event: ping" on its own. eventsource-parser 4.1.3 is right in each row.
# Why it matters: every planned restart and every proxy's time limit cuts somewhere, and a number cut short is a number. Trades that go to the
#   handler of "message", by chance of the packets, are missing in the one of "trade": a few of a thousand, only under load, never on loopback.
# Way to live with it: eventsource-parser/stream; JSON in one line, with its type inside. In tests a stream that is cut at each byte, and one
#   that ends inside an event.
# Versions: as named (npm), Node.js 20.20.2. Nothing found about it.
#
# Output seen (name:data of each event; | is the end of a packet, / a line feed in the data):
#   parse-sse, the stream ends inside an event                 message:1888.20 message:189
#   parse-sse, event: trade CR | LF data: 101.5                message:101.5
#   parse-sse, JSON over three lines, cut at CR | LF           trade:{ message:"price": 1.5/}
#   event-stream-parser, event: trade CR | LF data: 101.5      message:101.5
#   event-stream-parser, JSON over three lines, cut at CR | LF trade:{ message:"price": 1.5/}
#   @server-sent-stream/web, :data: 99 and a tick of 1         message:99 message:1
#   fetch-event-stream, event: ping, retry, a tick of 1        ping:undefined message:undefined message:1
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts parse-sse@0.1.0 event-stream-parser@1.0.2 fetch-event-stream@0.1.6 \
  @server-sent-stream/web@1.0.3 eventsource-parser@4.1.3 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > check.mjs <<'CHECK'
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import EventSourceStream from "@server-sent-stream/web";
import { parse } from "event-stream-parser";
import { EventSourceParserStream } from "eventsource-parser/stream";
import { events } from "fetch-event-stream";
import { parseServerSentEvents } from "parse-sse";

const packets = (...texts) => new ReadableStream({
  async start(controller) {
    for (const text of texts) {
      controller.enqueue(new TextEncoder().encode(text));
      await sleep(5);
    }
    controller.close();
  },
});
const readers = {
  "parse-sse": (body) => parseServerSentEvents(new Response(body)),
  "event-stream-parser": (body) => parse(body),
  "fetch-event-stream": (body) => events(new Response(body)),
  "@server-sent-stream/web": (body) => body.pipeThrough(new EventSourceStream()),
  "eventsource-parser": (body) => body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream()),
};
async function read(name, texts) {
  const seen = [];
  for await (const { event, type, data } of await readers[name](packets(...texts))) {
    seen.push(`${event ?? type ?? "message"}:${data === undefined ? data : data.replaceAll("\n", "/")}`);
  }
  return seen.join(" ");
}
const ends = ["the stream ends inside an event", ["id: 7\ndata: 1888.20\n\nid: 8\nda", "ta: 189"], "message:1888.20"];
const name = ["event: trade CR | LF data: 101.5", ["event: trade\r", "\ndata: 101.5\r\n\r\n"], "trade:101.5"];
const json = ["JSON over three lines, cut at CR | LF", ["event: trade\r\ndata: {\r", '\ndata: "price": 1.5\r\ndata: }\r\n\r\n'], 'trade:{/"price": 1.5/}'];
const comment = [":data: 99 and a tick of 1", [":data: 99\n\ndata: 1\n\n"], "message:1"];
const empty = ["event: ping, retry, a tick of 1", ["event: ping\n\nretry: 2000\n\ndata: 1\n\n"], "message:1"];
const rows = [
  ["parse-sse", ends, "message:1888.20 message:189"],
  ["parse-sse", name, "message:101.5"],
  ["parse-sse", json, 'trade:{ message:"price": 1.5/}'],
  ["event-stream-parser", name, "message:101.5"],
  ["event-stream-parser", json, 'trade:{ message:"price": 1.5/}'],
  ["@server-sent-stream/web", comment, "message:99 message:1"],
  ["fetch-event-stream", empty, "ping:undefined message:undefined message:1"],
];
const seen = [];
for (const [reader, [what, texts]] of rows) {
  seen.push(await read(reader, texts));
  console.log(`${reader}, ${what}`.padEnd(58), seen.at(-1));
}
for (const [what, texts, right] of [ends, name, json, comment, empty]) {
  assert.equal(await read("eventsource-parser", texts), right, `eventsource-parser: ${what}`);
}
assert.deepEqual(seen, rows.map(([, , expected]) => expected));
CHECK
timeout 60 node check.mjs
