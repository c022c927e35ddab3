#!/usr/bin/env bash
# ws-heartbeat with ws 8: the pong of its README is never sent, each text is called binary, and a quiet line is closed after a minute.
#
# Expected: the client sends '{"kind":"ping"}' each 25 s, the service compares the message with that text and sends a pong, and the line stays
#   open. ws is a dependency, "7 || 8".
# Seen: ws-heartbeat 1.3.0 hands on what ws gives it: a string with ws 7, a Buffer with ws 8, text or not. The comparison of the README is
#   never true with ws 8, and its third argument, "binary", which is made from the type, is true for each text. The client hears no
#   pong and closes after pingTimeout, with no code (1005), if nothing else has come. With ws 7, and with String(data), it stays open. A line
#   with ticks on it stays open in any case, since each message counts.
# Why it matters: it is the quiet lines that a heartbeat is for: orders, fills, an instrument that does not trade. They are cut each minute since the
#   update of ws, and come back, so that the log shows "reconnected" and what happened in between is missing. Tests with ticks see nothing.
# Way to live with it: String(data) in the callback; or ping frames of ws itself. In tests a line on which nobody says anything for two periods.
# Versions: ws-heartbeat 1.3.0 (the newest on npm, 22,000 downloads a month), ws 8.23.0 and 7.5.10, Node.js 20.20.2. Nothing found about it.
#
# Output seen (ping each 0.3 s, pingTimeout 1 s, watched for 3 s):
#   ws 7.5.10, quiet               open, pongs 5 or more, "binary" false
#   ws 8.23.0, quiet               closed 1005, pongs 0, "binary" true
#   ws 8.23.0, String(data)        open, pongs 5 or more, "binary" true
#   ws 8.23.0, a tick each 0.2 s   open, pongs 0, "binary" true
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for version in 7.5.10 8.23.0; do
  mkdir "ws-$version"
  (cd "ws-$version" && npm install --no-audit --no-fund --loglevel=error --ignore-scripts ws-heartbeat@1.3.0 ws@"$version" >../npm.log 2>&1) \
    || { cat npm.log; exit 1; }
done

cat > probe.cjs <<'PROBE'
const { createRequire } = require('node:module')

const wait = ms => new Promise(resolve => setTimeout(resolve, ms))

async function watch (version, { text = data => data, ticks = false } = {}) {
  const load = createRequire(`${__dirname}/ws-${version}/index.js`)
  const WebSocket = load('ws')
  const server = new WebSocket.Server({ port: 0, host: '127.0.0.1' })
  await new Promise(resolve => server.once('listening', resolve))
  let pongs = 0
  let kind
  load('ws-heartbeat/server').setWsHeartbeat(server, (line, data, binary) => {
    kind = binary
    if (text(data) === '{"kind":"ping"}') {
      pongs++
      line.send('{"kind":"pong"}')
    }
  }, 1000)
  server.on('connection', line => {
    const feed = ticks && setInterval(() => line.send('{"price":64250.5}'), 200)
    line.on('close', () => clearInterval(feed))
  })
  const client = new WebSocket(`ws://127.0.0.1:${server.address().port}`)
  let fate = 'open'
  client.on('close', code => { fate = `closed ${code}` })
  await new Promise(resolve => client.once('open', resolve))
  load('ws-heartbeat/client').setWsHeartbeat(client, '{"kind":"ping"}', { pingInterval: 300, pingTimeout: 1000 })
  await wait(3000)
  const seen = `${fate}, pongs ${pongs >= 5 ? '5 or more' : pongs}, "binary" ${kind}`
  server.clients.forEach(line => line.terminate())
  server.close()
  return seen
}

async function main () {
  const cases = {
    'ws 7.5.10, quiet': watch('7.5.10'),
    'ws 8.23.0, quiet': watch('8.23.0'),
    'ws 8.23.0, String(data)': watch('8.23.0', { text: String }),
    'ws 8.23.0, a tick each 0.2 s': watch('8.23.0', { ticks: true })
  }
  const seen = await Promise.all(Object.values(cases))
  Object.keys(cases).forEach((name, index) => console.log(name.padEnd(30), seen[index]))
  const expected = [
    'open, pongs 5 or more, "binary" false',
    'closed 1005, pongs 0, "binary" true',
    'open, pongs 5 or more, "binary" true',
    'open, pongs 0, "binary" true'
  ]
  const same = seen.join('|') === expected.join('|')
  if (!same) console.log('not as described any more')
  process.exit(same ? 0 : 1)
}

main()
PROBE
timeout 30 node probe.cjs
