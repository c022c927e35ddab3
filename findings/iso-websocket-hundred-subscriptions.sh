#!/usr/bin/env bash
# iso-websocket: of 150 subscriptions sent before the line is open 100 arrive, without an error; and three cuts in a quiet life are the end.
#
# Expected: "queue messages while offline, disconnected or reconnecting": what send() takes is sent, or send() says that it is not. The default of
#   three retries is for one outage; a line that has opened again starts anew.
# Seen: iso-websocket 0.4.1 keeps a hundred messages; from the 101st on send() returns as always and forgets them. The count of retries goes back to
#   zero with a message from the service, not with an open line: three cuts, over any time, in which the service has said nothing, and the
#   fourth is not followed by an attempt; an "error" event says "Connection failed", of a service that is up.
# Why it matters: a client subscribes to its whole list at the start or behind a cut: the last fifty instruments stay silent. A line for
#   orders, or to a market that is closed, is quiet for hours, and after the third restart of a gateway it is gone for good.
# Way to live with it: subscriptions in the "open" handler, many in one message; retry: { forever: true }, or a heartbeat that the service
#   answers. In tests more than a hundred subscriptions before "open", counted at the service, and five restarts of a quiet one.
# Versions: iso-websocket 0.4.1 (the newest on npm), ws 8.23.0, Node.js 20.20.2. The README has neither the hundred nor what ends an outage.
#
# Output seen:
#   150 sent before open, arrived          100, the last is number 100, errors 0
#   5 cuts, quiet service, connections     4, state CLOSED
#   5 cuts, it greets each, connections    6, state OPEN
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --no-audit --no-fund --loglevel=error --ignore-scripts iso-websocket@0.4.1 ws@8.23.0 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.mjs <<'PROBE'
import { WS } from 'iso-websocket'
import { WebSocket, WebSocketServer } from 'ws'

const wait = ms => new Promise(resolve => setTimeout(resolve, ms))

async function service (greeting) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await new Promise(resolve => server.once('listening', resolve))
  const heard = []
  let connections = 0
  server.on('connection', line => {
    connections++
    if (greeting) line.send(greeting)
    line.on('message', message => heard.push(String(message)))
  })
  return {
    url: `ws://127.0.0.1:${server.address().port}`,
    heard,
    count: () => connections,
    cut: () => server.clients.forEach(line => line.close(1012)),
    end: () => { server.clients.forEach(line => line.terminate()); server.close() }
  }
}

async function subscriptions () {
  const feed = await service()
  const client = new WS(feed.url, { ws: WebSocket })
  let errors = 0
  client.addEventListener('error', () => errors++)
  for (let number = 1; number <= 150; number++) client.send(`number ${number}`)
  await wait(800)
  client.close()
  feed.end()
  return `${feed.heard.length}, the last is ${feed.heard.at(-1)}, errors ${errors}`
}

async function cuts (greeting) {
  const feed = await service(greeting)
  // the default but for the pauses: 0.1 s each in place of 1 s, 2 s, 4 s
  const retry = { retries: 3, factor: 1, minTimeout: 100, maxTimeout: 100, randomize: false }
  const client = new WS(feed.url, { ws: WebSocket, retry })
  client.addEventListener('error', () => {})
  await wait(400)
  for (let number = 0; number < 5; number++) {
    feed.cut()
    await wait(600)
  }
  const seen = `${feed.count()}, state ${['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'][client.readyState]}`
  client.close()
  feed.end()
  return seen
}

const rows = {
  '150 sent before open, arrived': await subscriptions(),
  '5 cuts, quiet service, connections': await cuts(),
  '5 cuts, it greets each, connections': await cuts('welcome')
}
for (const [name, value] of Object.entries(rows)) console.log(name.padEnd(38), value)
const same = Object.values(rows).join('|') === '100, the last is number 100, errors 0|4, state CLOSED|6, state OPEN'
if (!same) console.log('not as described any more')
process.exit(same ? 0 : 1)
PROBE
timeout 40 node probe.mjs
