#!/usr/bin/env bash
# event-source-plus: of an event with several data lines the last one is left, and extended-eventsource hears a message in each ping.
#
# Expected: data lines of one event are joined with a line feed, as in the standard's own example of a share (YHOO, +2, 10); one event is
#   one message, wherever the packets are cut, and a block without data is none.
# Seen: event-source-plus 0.1.15 sets the data anew at each line: "10" of the three. Spaces around a value go too. extended-eventsource 2.1.0
#   makes a new message at each blank line and hands it out at the next one, whether data came or not: an empty message for each comment
#   that keeps the line open, for "retry: 2000" on its own, and where a packet ends between CR and LF. eventsource 4.1.1 is right in each.
# Why it matters: a snapshot written line by line is one instrument, JSON set out over lines is "}". An empty message is a JSON error
#   in the handler every fifteen seconds, or a sign of life of a feed that has none. Ticks of one line are right in both.
# Way to live with it: one data line for each event; handlers that skip what is empty; in tests a stream that is cut at each byte.
# Versions: event-source-plus 0.1.15, extended-eventsource 2.1.0, eventsource 4.1.1 (the newest on npm), Node.js 20.20.2. Nothing found
#   about these.
#
# Output seen (/ is a line feed in the data, | an end of a message):
#   sent                          event-source-plus  extended-eventsource  eventsource
#   data: YHOO, +2, 10            10                 YHOO/+2/10            YHOO/+2/10
#   data: {, "price": 1.5, }      }                  {/ "price": 1.5/}     {/ "price": 1.5/}
#   a comment between two ticks   1|2                1||2                  1|2
#   CR LF, cut between them       1|2                1||2                  1|2
#   retry: 2000, then a tick      1                  |1                    1
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts event-source-plus@0.1.15 extended-eventsource@2.1.0 eventsource@4.1.1 \
  >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.mjs <<'PROBE'
import { once } from "node:events";
import http from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { EventSourcePlus } from "event-source-plus";
import { EventSource } from "eventsource";
import { EventSource as Extended } from "extended-eventsource";

const cases = {
  "data: YHOO, +2, 10": ["data: YHOO\ndata: +2\ndata: 10\n\n"],
  'data: {, "price": 1.5, }': ['data: {\ndata:  "price": 1.5\ndata: }\n\n'],
  "a comment between two ticks": ["data: 1\n\n", ": ping\n\n", "data: 2\n\n"],
  "CR LF, cut between them": ["data: 1\r\n\r", "\ndata: 2\r\n\r\n"],
  "retry: 2000, then a tick": ["retry: 2000\n\n", "data: 1\n\n"],
};
const readers = {
  "event-source-plus": (url, hear) => {
    const controller = new EventSourcePlus(url).listen({ onMessage: ({ data }) => hear(data) });
    return () => controller.abort();
  },
  "extended-eventsource": (url, hear) => {
    const source = new Extended(url);
    source.onmessage = ({ data }) => hear(data);
    return () => source.close();
  },
  eventsource: (url, hear) => {
    const source = new EventSource(url);
    source.onmessage = ({ data }) => hear(data);
    return () => source.close();
  },
};
const rows = [];
console.log(`${"sent".padEnd(29)} event-source-plus  extended-eventsource  eventsource`);
for (const [name, parts] of Object.entries(cases)) {
  const row = [];
  for (const reader of Object.values(readers)) {
    const service = http.createServer(async (_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (const part of parts) {
        response.write(part);
        await pause(200);
      }
    });
    service.listen(0, "127.0.0.1");
    await once(service, "listening");
    const got = [];
    const end = reader(`http://127.0.0.1:${service.address().port}/`, (data) => got.push(data.replaceAll("\n", "/")));
    await pause(1000);
    end();
    service.closeAllConnections();
    service.close();
    row.push(got.join("|"));
  }
  rows.push(row);
  console.log(`${name.padEnd(29)} ${row[0].padEnd(18)} ${row[1].padEnd(21)} ${row[2]}`);
}
const json = '{/ "price": 1.5/}';
const right =
  JSON.stringify(rows) ===
  JSON.stringify([
    ["10", "YHOO/+2/10", "YHOO/+2/10"],
    ["}", json, json],
    ["1|2", "1||2", "1|2"],
    ["1|2", "1||2", "1|2"],
    ["1", "|1", "1"],
  ]);
if (!right) console.error("not as described any more");
process.exit(right ? 0 : 1);
PROBE
timeout 60 node probe.mjs
