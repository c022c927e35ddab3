#!/usr/bin/env bash
# jszmq: close() of a subscriber leaves every other connection, that of a publisher leaves all, and the first tick after a cut has its
#   topic twice.
#
# Expected: a "port of zeromq" over WebSocket. After close() a socket gets and sends nothing, and its address is free. A message of several
#   frames arrives as a whole or not at all: what a broken connection brought of one is dropped.
# Seen: close() of jszmq 0.1.2 takes connections out of the list that it goes through and passes over every second one. A subscriber of
#   three publishers goes on to hear the second. On the side that bound only the listener is closed: the subscribers stay connected to the
#   closed publisher, hear what it sends, and do not come to the new one at the same address. Frames that arrived before a cut
#   stay, and the first message of the next connection is put behind them.
# Why it matters: on("message", (topic, price) => ...) gets the topic as the price. A consumer that was closed counts on, and a test's
#   publisher that is closed and started again talks to nobody, though every subscriber is connected: the reconnection that the test
#   is about does not happen.
# Way to live with it: disconnect() for each address before close(); an HTTP server that is passed to bind() and whose connections
#   are ended; frames counted, the last two taken; in tests two publishers, and a cut between topic and price.
# Versions: jszmq 0.1.2 (the newest on npm), ws 8.23.0, Node 20.20.2. Nothing found about it. For the cut the script's publisher
#   speaks ZWS 2.0, one WebSocket message a frame.
#
# Output seen:
#   three publishers, subscriber closed          hears publisher 2           (right: hears nothing)
#   publisher closed, sends 2                    subscriber hears 2          (right: hears nothing)
#   new publisher at its address, sends 3        subscriber hears nothing    (right: hears 3)
#   100, a cut after the topic, then 101, 102    BTC 100, BTC BTC, BTC 102   (right: BTC 100, BTC 101, BTC 102)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-fund --no-audit --no-save --ignore-scripts jszmq@0.1.2 ws@8.23.0 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.js <<'PROBE'
const net = require('net')
const { setTimeout: pause } = require('timers/promises')
const { WebSocketServer } = require('ws')
const zmq = require('jszmq')

async function address() {
  const server = net.createServer()
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address()
  await new Promise((done) => server.close(done))
  return `ws://127.0.0.1:${port}`
}
function publisher(at) {
  const socket = new zmq.Pub()
  socket.bind(at)
  return socket
}
function subscriber(...addresses) {
  const socket = new zmq.Sub()
  socket.subscribe('BTC')
  socket.heard = []
  socket.on('message', (topic, price) => socket.heard.push(`${topic} ${price}`))
  for (const at of addresses) socket.connect(at)
  return socket
}
const prices = (socket) => socket.heard.splice(0).map((tick) => tick.slice(4)).join(' ') || 'nothing'

async function closedSubscriber() {
  const addresses = [await address(), await address(), await address()]
  const publishers = addresses.map(publisher)
  const socket = subscriber(...addresses)
  await pause(300)
  const send = () => publishers.forEach((one, i) => one.send(['BTC', `publisher ${i + 1}`]))
  send()
  await pause(100)
  if (prices(socket) !== 'publisher 1 publisher 2 publisher 3') throw new Error('not connected')
  socket.close()
  await pause(200)
  send()
  await pause(200)
  return `hears ${prices(socket)}`
}

async function closedPublisher() {
  const at = await address()
  const old = publisher(at)
  const socket = subscriber(at)
  await pause(300)
  old.send(['BTC', '1'])
  await pause(100)
  if (prices(socket) !== '1') throw new Error('not connected')
  old.close()
  await pause(200)
  old.send(['BTC', '2'])
  await pause(100)
  const afterwards = `subscriber hears ${prices(socket)}`
  const next = publisher(at)
  await pause(500)
  next.send(['BTC', '3'])
  await pause(200)
  return [afterwards, `subscriber hears ${prices(socket)}`]
}

async function cut() {
  const at = await address()
  const server = new WebSocketServer({ host: '127.0.0.1', port: new URL(at).port })
  let connections = 0
  server.on('connection', async (line) => {
    const frame = (more, text) => line.send(Buffer.concat([Buffer.from([more]), Buffer.from(text)]))
    const tick = (price) => [frame(1, 'BTC'), frame(0, price)]
    const first = ++connections === 1
    frame(0, '')
    await pause(100)
    if (!first) return [tick('101'), tick('102')]
    tick('100')
    frame(1, 'BTC')
    await pause(50)
    line.terminate()
  })
  const socket = subscriber(at)
  await pause(1000)
  return socket.heard.join(', ')
}

async function main() {
  const seen = [await closedSubscriber(), ...(await closedPublisher()), await cut()]
  const names = [
    ['three publishers, subscriber closed', 'hears nothing'],
    ['publisher closed, sends 2', 'hears nothing'],
    ['new publisher at its address, sends 3', 'hears 3'],
    ['100, a cut after the topic, then 101, 102', 'BTC 100, BTC 101, BTC 102'],
  ]
  names.forEach(([name, right], i) => console.log(`${name.padEnd(44)} ${seen[i].padEnd(26)}  (right: ${right})`))
  const wanted = ['hears publisher 2', 'subscriber hears 2', 'subscriber hears nothing', 'BTC 100, BTC BTC, BTC 102']
  if (seen.join('|') !== wanted.join('|')) {
    console.error('not as described any more')
    process.exit(1)
  }
  process.exit(0)
}
main()
PROBE
timeout 60 node probe.js
