#!/usr/bin/env bash
# websocket-iterator: a refused connection is a feed without ticks, and what comes before the loop begins is lost.
#
# Expected: "for await" over the data of a socket ends when the socket is closed and raises when it fails, whenever that is; from the
#   call on, messages are kept for the loop, as they are by websocketEvents() of the same package.
# Seen: websocket-iterator 1.0.1 listens for close, error and messages once the socket has opened. One that never opens is waited for without
#   end: refused, or answered with 401. One that is closed already is waited for as well. And websocketData() is a
#   generator: it is called, and does nothing until the first turn of the loop. A snapshot that comes while the caller still awaits
#   something else is lost; websocketEvents(), called in the same place, keeps it.
# Why it matters: a test with "no tick within the time, so nothing is wrong" is green against a port where nothing listens. A consumer that
#   fetches its symbols between the call and the loop begins with the fourth tick, and has no snapshot for the book.
# Way to live with it: await the open event with a deadline first; websocketEvents() and its data; nothing awaited before the loop; in
#   tests a port where nobody listens, and a server that sends at once.
# Versions: websocket-iterator 1.0.1 (the newest on npm), ws 8.23.0 as the server, Node 20.20.2 with its own WebSocket.
#
# Output seen (the server sends 1 to 5, a tenth of a second apart, and closes; the loop begins when 3 have arrived):
#   refused: websocketData    still waiting        (right: an error; the socket had its error event)
#   answered with 401         still waiting        (right: an error)
#   websocketData             4 5, ended           (right: 1 2 3 4 5, ended)
#   websocketEvents           1 2 3 4 5, ended
#   closed before the loop    still waiting        (right: ended)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-fund --no-audit --no-save websocket-iterator@1.0.1 ws@8.23.0 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.mjs <<'PROBE'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { websocketData, websocketEvents } from 'websocket-iterator'
import { WebSocketServer } from 'ws'

const listen = async (server) => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `ws://127.0.0.1:${server.address().port}`
}

const gone = createServer()
const nobody = await listen(gone)
gone.close()

const guarded = createServer()
guarded.on('upgrade', (_, socket) => socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'))
const closedDoor = await listen(guarded)

const web = createServer()
new WebSocketServer({ server: web }).on('connection', async (socket) => {
  for (let tick = 1; tick <= 5; tick++) {
    await sleep(100)
    socket.send(String(tick))
  }
  socket.close()
})
const feed = await listen(web)

// What a loop reads within two seconds; `received` messages arrive before it begins.
async function read(url, of, received, afterClose) {
  const socket = new WebSocket(url)
  let arrived = 0
  let failed = false
  let closed = false
  socket.addEventListener('message', () => arrived++)
  socket.addEventListener('error', () => (failed = true))
  socket.addEventListener('close', () => (closed = true))
  const messages = afterClose ? null : of(socket)
  while (arrived < received || (afterClose && !closed)) await sleep(5)
  const got = []
  async function loop() {
    for await (const message of messages ?? of(socket)) got.push(message.data ?? message)
    return 'ended'
  }
  const end = await Promise.race([loop().catch(() => 'an error'), sleep(2000, 'still waiting')])
  if (!received && !failed) throw new Error('the socket had no error event')
  return [got.join(' '), end].filter(Boolean).join(', ')
}

const lines = [
  ['refused: websocketData', await read(nobody, websocketData, 0), 'an error; the socket had its error event'],
  ['answered with 401', await read(closedDoor, websocketData, 0), 'an error'],
  ['websocketData', await read(feed, websocketData, 3), '1 2 3 4 5, ended'],
  ['websocketEvents', await read(feed, websocketEvents, 3), ''],
  ['closed before the loop', await read(feed, websocketData, 5, true), 'ended'],
]
for (const [name, seen, right] of lines) {
  console.log(`${name.padEnd(25)} ${seen.padEnd(20)}${right && ` (right: ${right})`}`.trimEnd())
}
const wanted = ['still waiting', 'still waiting', '4 5, ended', '1 2 3 4 5, ended', 'still waiting']
const same = lines.every(([, seen], i) => seen === wanted[i])
if (!same) console.error('not as described any more')
process.exit(same ? 0 : 1)
PROBE
timeout 60 node --experimental-websocket --no-warnings probe.mjs
