#!/usr/bin/env bash
# sse-writer and ssejson: a change of 0 is written as an event without data, and an event with an id is read as none.
#
# Expected: sse.event(id, name, data) writes one event a call, with its data, whatever the number is. ssejson.parse() reads the events of
#   a stream: id: and event: lines in any order, "data:" with a blank after it or without, both ends of line, as the standard has them.
# Seen: sse-writer 3.0.4 leaves the data: line out for 0 and false, as for nothing. An event without data is not dispatched, by
#   the standard: EventSource drops it and takes its id along. 1 arrives, 0 does not, and there is no gap in the ids that a client could see.
#   ssejson 1.2.0 looks at the first line of each event, with a name at the first two: with an id in front, which sse-writer writes, nothing
#   is read, without an error. "data:{...}" without the blank is nothing as well, and CRLF at the ends is one event up to the end of the stream:
#   of what sse-writer writes not one event is read.
# Why it matters: zero is a price change, a spread, a level of the book that is gone: the level stays in each browser's book. A tool that counts
#   ticks with ssejson says zero about a stream that flows.
# Way to live with it: objects or texts as data, not bare numbers; eventsource-parser for reading; in tests a zero, an id and a CRLF.
# Versions: sse-writer 3.0.4, ssejson 1.2.0, eventsource-parser 4.1.3 for comparison, Node 20.20.2.
#
# Output seen (changes of 1, 0 and "0", each with an id and a name; then events as other services write them):
#   sse-writer, read by eventsource-parser  1 "0"      (right: 1 0 "0")
#   sse-writer, read by ssejson             nothing    (right: 1 0 "0")
#   event, data: ssejson                    {"p":1}
#   event, id, data: ssejson                nothing    (right: {"p":1})
#   id, data: ssejson                       nothing    (right: {"p":1})
#   data without a blank: ssejson           nothing    (right: {"p":1})
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-fund --no-audit --no-save sse-writer@3.0.4 ssejson@1.2.0 eventsource-parser@4.1.3 >npm.log 2>&1 ||
  { cat npm.log; exit 1; }

cat > probe.mjs <<'PROBE'
import { once } from 'node:events'
import { createParser } from 'eventsource-parser'
import SSE from 'sse-writer'
import ssejson from 'ssejson'

const show = (values) => values.map((value) => JSON.stringify(value)).join(' ') || 'nothing'

async function written() {
  const sse = new SSE()
  let text = ''
  sse.on('data', (part) => (text += part))
  for (const [i, change] of [1, 0, '"0"'].entries()) sse.event(i + 1, 'change', change)
  sse.end()
  await once(sse, 'end')
  return text
}

function standard(text) {
  const got = []
  const parser = createParser({ onEvent: (event) => got.push(JSON.parse(event.data)) })
  parser.feed(text)
  return show(got)
}

async function byName(text, name) {
  const parser = ssejson.parse(name)
  const got = []
  parser.on('data', (value) => got.push(value))
  parser.end(text)
  await once(parser, 'end')
  return show(got)
}

const text = await written()
const one = '{"p":1}'
const lines = [
  ['sse-writer, read by eventsource-parser', standard(text), '1 0 "0"'],
  ['sse-writer, read by ssejson', await byName(text, 'change'), '1 0 "0"'],
  ['event, data: ssejson', await byName(`event: tick\ndata: ${one}\n\n`, 'tick'), ''],
  ['event, id, data: ssejson', await byName(`event: tick\nid: 7\ndata: ${one}\n\n`, 'tick'), one],
  ['id, data: ssejson', await byName(`id: 7\ndata: ${one}\n\n`), one],
  ['data without a blank: ssejson', await byName(`data:${one}\n\n`), one],
]
for (const [name, seen, right] of lines) {
  console.log(`${name.padEnd(39)} ${seen.padEnd(8)}${right && `   (right: ${right})`}`.trimEnd())
}
const wanted = ['1 "0"', 'nothing', one, 'nothing', 'nothing', 'nothing']
if (lines.some(([, seen], i) => seen !== wanted[i])) {
  console.error('not as described any more')
  process.exit(1)
}
PROBE
timeout 60 node probe.mjs
