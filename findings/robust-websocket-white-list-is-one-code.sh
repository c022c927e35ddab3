#!/usr/bin/env bash
# robust-websocket: the README's list of codes reconnects on its first one only, at once and without end; "20 times" is for ever; ticks change type.
#
# Expected: "only on some whitelisted codes, and only 3 attempts" comes back after 1, 5 and 10 s for 1006, 1011 and 1012; "immediately but only 20
#   times" ends after 20. binaryType = 'arraybuffer' gives ArrayBuffers, as with a WebSocket.
# Seen: robust-websocket 1.0.0 reconnects when it is given a number. The README's first rule is "indexOf(code) && delays[ws.attempt]": for the
#   first code of the list indexOf is 0, a number, and for all others it is the delay of a property that does not exist. So 1006
#   is a loop without a pause or an end, and 1011 and 1012, a service that restarts, are never retried. Its second rule counts
#   `reconnects`, which only a success raises: with nobody listening it tries hundreds of times a second. The default gives an opened line
#   no delay at all, which is the same loop with a service that accepts and closes. binaryType is only read when a line is made: the first
#   line gives Blobs, those after it ArrayBuffers.
# Why it matters: thousands of pages that follow the README take a service down when it comes back, and those it says goodbye to with
#   1012 stay away for good. A decoder that is tested on one line fails on the other.
# Way to live with it: shouldReconnect of one's own, with includes(), a delay above 0 and a count; automaticOpen: false and binaryType before
#   open(). In tests a service that closes each line with each code, and connections counted.
# Versions: robust-websocket 1.0.0 (the newest on npm, 31,000 downloads a month), ws 8.23.0, Node.js 20.20.2. Issue 8 of the repository asks about
#   both rules, for other reasons.
#
# Output seen (connections in 1.5 s with a service that closes each after 20 ms; the rules are read from the installed README):
#                                1006         1011         1012         4000
#   on all errors, 0.5 s and up  3            3            3            3
#   20 times                     20 to 30     20 to 30     20 to 30     20 to 30
#   listed: 1006, 1011, 1012     more than 30 1            1            1
#   the default                  more than 30 1            more than 30 more than 30
#   20 times, nobody listens     more than 100 attempts
#   binary message               Blob on line 1, ArrayBuffer on line 2
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --no-audit --no-fund --loglevel=error --ignore-scripts robust-websocket@1.0.0 ws@8.23.0 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.mjs <<'PROBE'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { WebSocket, WebSocketServer } from 'ws'

// what a browser has
globalThis.WebSocket = WebSocket
globalThis.navigator ??= { onLine: true }
globalThis.addEventListener ??= () => {}
globalThis.removeEventListener ??= () => {}
const RobustWebSocket = createRequire(import.meta.url)('robust-websocket')
const readme = readFileSync('node_modules/robust-websocket/README.md', 'utf8')
const examples = [...readme.matchAll(/```javascript\n(function shouldReconnect[^`]*)```/g)].map(found => new Function(`return (${found[1]})`)())
const wait = ms => new Promise(resolve => setTimeout(resolve, ms))
const quiet = client => { client.addEventListener('error', () => {}); return client }

async function listening (serve) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await new Promise(resolve => server.once('listening', resolve))
  server.on('connection', serve)
  return { url: `ws://127.0.0.1:${server.address().port}`, end: () => { server.clients.forEach(line => line.terminate()); server.close() } }
}

async function connections (options, code) {
  let count = 0
  const service = await listening(line => {
    count++
    setTimeout(() => code === 1006 ? line.terminate() : line.close(code), 20)
  })
  const client = quiet(new RobustWebSocket(service.url, null, options))
  await wait(1500)
  client.close()
  service.end()
  return count > 30 ? 'more than 30' : count >= 20 ? '20 to 30' : String(count)
}

const names = ['on all errors, 0.5 s and up', '20 times', 'listed: 1006, 1011, 1012', 'the default']
const codes = [1006, 1011, 1012, 4000]
const seen = {}
console.log(' '.repeat(28), ...codes.map(code => String(code).padEnd(12)))
for (const [index, name] of names.entries()) {
  const options = index < 3 ? { shouldReconnect: examples[index] } : {}
  seen[name] = await Promise.all(codes.map(code => connections(options, code)))
  console.log(name.padEnd(28), ...seen[name].map(text => text.padEnd(12)))
}

const gone = await listening(() => {})
gone.end()
await wait(100)
let attempts = 0
const knocking = quiet(new RobustWebSocket(gone.url, null, { shouldReconnect: examples[1] }))
knocking.addEventListener('connecting', () => attempts++)
await wait(1500)
knocking.close()
console.log('20 times, nobody listens'.padEnd(28), attempts > 100 ? 'more than 100 attempts' : attempts)

const kinds = []
let line = 0
const service = await listening(socket => {
  line++
  setTimeout(() => socket.send(Buffer.from([1, 2, 3])), 50)
  if (line === 1) setTimeout(() => socket.terminate(), 150)
})
const client = quiet(new RobustWebSocket(service.url))
client.binaryType = 'arraybuffer'
client.addEventListener('message', event => kinds.push(`${event.data.constructor.name} on line ${line}`))
await wait(800)
client.close()
service.end()
console.log('binary message'.padEnd(28), kinds.join(', '))

const many = 'more than 30'
const expected = {
  [names[0]]: ['3', '3', '3', '3'],
  [names[1]]: Array(4).fill('20 to 30'),
  [names[2]]: [many, '1', '1', '1'],
  [names[3]]: [many, '1', many, many]
}
const same = JSON.stringify(seen) === JSON.stringify(expected) && attempts > 100 && kinds.join() === 'Blob on line 1,ArrayBuffer on line 2'
if (!same) console.log('not as described any more')
process.exit(same ? 0 : 1)
PROBE
timeout 60 node probe.mjs | sed 's/ *$//'
