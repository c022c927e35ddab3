#!/usr/bin/env bash
# mqtt-jsonl-store: the ticks on the way of the last minute are not in the file when the process ends, and bytes come back as an object.
#
# Expected: a "JSONL store for in-flight MQTT.js packets" has what was not acknowledged when the program is started again, and MQTT.js sends
#   it: that is what a store on disk is for, and what QoS 1 promises. Its comments: "the callback is called when the packet has been
#   stored".
# Seen: mqtt-jsonl-store 0.3.1 calls back at once and writes each 60 seconds, or after 2000 changes; one second is the least that its
#   options allow. A process that ends by a signal, as a supervisor's restart does, leaves an empty file. Only manager.close() writes.
#   A payload of bytes goes through JSON and comes back as {type: "Buffer", data: [...]}; MQTT.js raises a TypeError when it is to send
#   that, at each connection. Texts come back as they were.
# Why it matters: publish() with QoS 1 is done for the program as soon as the packet is in the store; the broker was down, the service
#   was restarted, and the ticks of that minute exist nowhere. A test that closes in order is green.
# Way to live with it: manager.close() in a handler of SIGTERM, throttleFS.intervalMs 1000; texts (base64) for bytes; in tests an end by a
#   signal with the broker silent, and a payload of bytes.
# Versions: mqtt-jsonl-store 0.3.1 (the newest on npm), mqtt 5.16.0, mqtt-packet 9.0.2, Node 20.20.2 (it asks for 22, and is the same on
#   22.20.0). Nothing found about it. The script's broker acknowledges nothing at first, and everything after the restart.
#
# Output seen (three ticks with QoS 1, not acknowledged, then a restart):
#   closed, then ended       3 in the file, 3 arrive after the restart
#   ended by SIGTERM         0 in the file, 0 arrive after the restart  (right: 3 in the file, 3 arrive after the restart)
#   payload read back, text  string
#   payload read back, bytes Object                                     (right: Buffer)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-fund --no-audit --no-save --ignore-scripts mqtt-jsonl-store@0.3.1 mqtt@5.16.0 mqtt-packet@9.0.2 >npm.log 2>&1 ||
  { cat npm.log; exit 1; }

cat > service.js <<'SERVICE'
const { setTimeout: pause } = require('timers/promises')
const mqtt = require('mqtt')
const { Manager } = require('mqtt-jsonl-store')

const [port, directory, task] = process.argv.slice(2)

async function main() {
  const manager = new Manager(directory)
  await manager.open()
  const stores = { incomingStore: manager.incoming, outgoingStore: manager.outgoing }
  const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, { clientId: 'feed', clean: false, ...stores })
  await new Promise((done) => client.once('connect', done))
  if (task === 'resume') return pause(1500).then(() => process.exit())
  for (const tick of ['1', '2', '3']) client.publish('ticks', tick, { qos: 1 })
  await pause(500)
  if (task === 'close') await manager.close()
  process.kill(process.pid, 'SIGTERM')
}
main()
SERVICE

cat > probe.js <<'PROBE'
const { spawn } = require('child_process')
const fs = require('fs')
const net = require('net')
const { setTimeout: pause } = require('timers/promises')
const packets = require('mqtt-packet')
const { Manager } = require('mqtt-jsonl-store')

/** A broker that takes everything and acknowledges it or not. */
async function broker(acknowledges, work) {
  const arrived = new Set()
  const lines = new Set()
  const server = net.createServer((line) => {
    lines.add(line)
    const parser = packets.parser()
    const answer = (packet) => line.write(packets.generate(packet))
    parser.on('packet', ({ cmd, payload, messageId }) => {
      if (cmd === 'connect') answer({ cmd: 'connack', returnCode: 0, sessionPresent: true })
      if (cmd === 'publish') arrived.add(payload.toString())
      if (cmd === 'publish' && acknowledges) answer({ cmd: 'puback', messageId })
    })
    line.on('data', (data) => parser.parse(data))
    line.on('error', () => {})
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  await work(server.address().port)
  for (const line of lines) line.destroy()
  server.close()
  return arrived.size
}
const service = (...args) =>
  new Promise((done) => spawn(process.execPath, ['service.js', ...args], { stdio: 'inherit' }).on('exit', done))

async function restarted(task) {
  const directory = fs.mkdtempSync('store-')
  await broker(false, (port) => service(port, directory, task))
  const text = fs.readFileSync(`${directory}/outgoing.jsonl`, 'utf8')
  await pause(2500)
  const arrived = await broker(true, (port) => service(port, directory, 'resume'))
  return `${text.split('\n').filter(Boolean).length} in the file, ${arrived} arrive after the restart`
}

async function readBack(payload) {
  const directory = fs.mkdtempSync('store-')
  const first = new Manager(directory)
  await first.open()
  first.outgoing.put({ cmd: 'publish', topic: 'ticks', messageId: 1, qos: 1, payload })
  await first.close()
  const second = new Manager(directory)
  await second.open()
  const [packet] = await second.outgoing.createStream().toArray()
  await second.close()
  return typeof packet.payload === 'string' ? 'string' : packet.payload.constructor.name
}

async function main() {
  const lines = [
    ['closed, then ended', await restarted('close')],
    ['ended by SIGTERM', await restarted('end'), '3 in the file, 3 arrive after the restart'],
    ['payload read back, text', await readBack('1')],
    ['payload read back, bytes', await readBack(Buffer.from('1')), 'Buffer'],
  ]
  for (const [name, seen, right] of lines) {
    console.log(right ? `${name.padEnd(24)} ${seen.padEnd(41)}  (right: ${right})` : `${name.padEnd(24)} ${seen}`)
  }
  const wanted = [
    '3 in the file, 3 arrive after the restart',
    '0 in the file, 0 arrive after the restart',
    'string',
    'Object',
  ]
  if (lines.some(([, seen], i) => seen !== wanted[i])) {
    console.error('not as described any more')
    process.exit(1)
  }
  process.exit(0)
}
main()
PROBE
timeout 60 node probe.js
