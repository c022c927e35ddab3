#!/usr/bin/env bash
# stable-socket, websocket-heartbeat-js and @oznu/ws-connect: close() just behind a cut is no close: the line is opened again, with ticks.
#
# Expected: close() ends a reconnecting client in whatever state it is: nothing is opened after it. A BufferedSocket sends what has waited once the
#   delegate has opened the session in socketDidOpen.
# Seen: each of the three waits before it connects anew, 0.1 s, 2 s and 5 s by default, and none ends that timer in close(). @github/stable-socket 1.1.1
#   has neither a socket nor an attempt in that time and returns without a word and without socketDidFinish; websocket-heartbeat-js 1.1.3 and
#   @oznu/ws-connect 2.2.0 set a flag that the next cut obeys. The line is opened and ticks come in. sturdy-websocket 0.2.1 looks again when its
#   timer is over. And stable-socket's BufferedSocket empties its buffer before it calls the delegate's socketDidOpen: the first message
#   of a new line is an old one, then the login.
# Why it matters: a page that is left, or a user who logs out, while a service restarts, which is when a thousand lines are cut, keeps its
#   subscription: ticks for nobody, and one connection more in the count of the next login. A "cancel" ahead of the login is refused by the
#   service and is gone from the buffer.
# Way to live with it: a flag of one's own in the handler for "open" that closes again; log in by the URL. In tests close() shortly after a cut by the
#   service, and connections counted.
# Versions: @github/stable-socket 1.1.1, websocket-heartbeat-js 1.1.3, @oznu/ws-connect 2.2.0, sturdy-websocket 0.2.1 (all the newest on npm), ws 8.23.0,
#   Node.js 20.20.2. Nothing found about it.
#
# Output seen (close() on an open line; close() 50 ms after a cut: connections made in all, ticks behind close()):
#                            open         after a cut
#   stable-socket            1, none      2, some
#   websocket-heartbeat-js   1, none      2, some
#   @oznu/ws-connect         1, none      2, some
#   sturdy-websocket         1, none      1, none
#   BufferedSocket, a cancel sent before open(): cancel login
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --no-audit --no-fund --loglevel=error --ignore-scripts @github/stable-socket@1.1.1 websocket-heartbeat-js@1.1.3 @oznu/ws-connect@2.2.0 \
  sturdy-websocket@0.2.1 ws@8.23.0 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.mjs <<'PROBE'
import { createRequire } from 'node:module'
import { BufferedSocket, StableSocket } from '@github/stable-socket'
import { WebSocket, WebSocketServer } from 'ws'

// what a browser has
globalThis.self = globalThis
globalThis.WebSocket = WebSocket
const require = createRequire(import.meta.url)
const heartbeat = require('websocket-heartbeat-js')
const Heartbeat = heartbeat.default ?? heartbeat
const { WebSocket: Oznu } = require('@oznu/ws-connect')
const sturdy = require('sturdy-websocket')
const Sturdy = sturdy.default ?? sturdy
const wait = ms => new Promise(resolve => setTimeout(resolve, ms))
const policy = { timeout: 2000, attempts: 3 }
const silent = { socketDidOpen () {}, socketDidClose () {}, socketDidFinish () {}, socketDidReceiveMessage () {} }

async function service () {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await new Promise(resolve => server.once('listening', resolve))
  const heard = []
  let connections = 0
  server.on('connection', line => {
    connections++
    line.on('message', message => heard.push(String(message)))
    const feed = setInterval(() => line.send('tick'), 50)
    line.on('close', () => clearInterval(feed))
  })
  return {
    url: `ws://127.0.0.1:${server.address().port}`,
    heard,
    count: () => connections,
    cut: () => server.clients.forEach(line => line.close(1012)),
    end: () => { server.clients.forEach(line => line.terminate()); server.close() }
  }
}

const clients = {
  'stable-socket' (url, tick) {
    const socket = new StableSocket(url, { ...silent, socketDidReceiveMessage: tick }, policy)
    socket.open()
    return socket
  },
  'websocket-heartbeat-js' (url, tick) {
    const client = new Heartbeat({ url, reconnectTimeout: 200 })
    client.onmessage = tick
    return client
  },
  '@oznu/ws-connect' (url, tick) {
    const client = new Oznu(url, { reconnectInterval: 200 })
    client.on('message', tick)
    return client
  },
  'sturdy-websocket' (url, tick) {
    const client = new Sturdy(url, { minReconnectDelay: 200 })
    client.onmessage = tick
    return client
  }
}

async function closing (make, afterCut) {
  const feed = await service()
  let ticks = 0
  const client = make(feed.url, () => ticks++)
  await wait(300)
  if (afterCut === 'twice') { // the first reconnection of sturdy-websocket has no pause
    feed.cut()
    await wait(300)
  }
  const before = feed.count()
  if (afterCut) {
    feed.cut()
    await wait(50)
  }
  client.close()
  await wait(100)
  ticks = 0
  await wait(800)
  const seen = `${feed.count() - before + 1}, ${ticks ? 'some' : 'none'}`
  client.close()
  feed.end()
  return seen
}

async function order () {
  const feed = await service()
  const socket = new BufferedSocket(new StableSocket(feed.url, { ...silent, socketDidOpen (open) { open.send('login') } }, policy))
  socket.send('cancel')
  await socket.open()
  await wait(200)
  socket.close()
  feed.end()
  return feed.heard.join(' ')
}

const seen = []
console.log(' '.repeat(24), 'open'.padEnd(12), 'after a cut')
for (const [name, make] of Object.entries(clients)) {
  const row = [await closing(make, false), await closing(make, name === 'sturdy-websocket' ? 'twice' : true)]
  seen.push(...row)
  console.log(name.padEnd(24), row[0].padEnd(12), row[1])
}
seen.push(await order())
console.log('BufferedSocket, a cancel sent before open():', seen.at(-1))
const back = ['1, none', '2, some']
const same = seen.join('|') === [...back, ...back, ...back, '1, none', '1, none', 'cancel login'].join('|')
if (!same) console.log('not as described any more')
process.exit(same ? 0 : 1)
PROBE
timeout 60 node probe.mjs
