#!/usr/bin/env bash
# graphql-mqtt-subscriptions: that trading is halted is told to the first GraphQL client; all others hear nothing until it is over.
#
# Expected: a retained message is the state of a topic, and each one who subscribes gets it at once: last price, trading state, the contract's
#   data. Behind GraphQL it is the same: a subscription begins with what is retained.
# Seen: graphql-mqtt-subscriptions 1.2.0 subscribes at the broker for the first client of a topic and adds those who come later to a list
#   of its own. The broker sends what it retained when it is subscribed to, once; nothing keeps it. Who comes second waits
#   for the next change. When the last one has left, the next is the first again.
# Why it matters: a price that moves hides it; what changes once a day (halted, the session, the previous close) is shown to one client in
#   each process. Tests have one client, and so has a developer's machine. Behind two processes two clients are right, whichever
#   came first.
# Way to live with it: the last message of each topic kept beside it and sent first; in tests a second subscriber after the first has
#   what is retained.
# Versions: graphql-mqtt-subscriptions 1.2.0 (the newest on npm), mqtt 2.18.9, aedes 1.2.0, Node 20.20.2. Nothing found about it; README does
#   not speak of retained messages.
#
# Output seen ("halted" is retained at state/BTC, then it is "open"):
#                     at once    after the change
#   first client      halted     open
#   second client     nothing    open               (right: halted)
#   third client      nothing    open               (right: halted)
#   MQTT client       halted     open
#   when all have left, the next one: open
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-fund --no-audit --no-save --ignore-scripts graphql-mqtt-subscriptions@1.2.0 graphql@0.10.5 mqtt@2.18.9 aedes@1.2.0 \
  >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.js <<'PROBE'
const net = require('net')
const { setTimeout: pause } = require('timers/promises')
const { Aedes } = require('aedes')
const { MQTTPubSub } = require('graphql-mqtt-subscriptions')
const mqtt = require('mqtt')

const TOPIC = 'state/BTC'

async function main() {
  const broker = await Aedes.createBroker()
  const server = net.createServer(broker.handle)
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  const url = `mqtt://127.0.0.1:${server.address().port}`
  const connected = async (client) => {
    await new Promise((done) => client.once('connect', done))
    return client
  }
  const exchange = await connected(mqtt.connect(url))
  const publish = (state) =>
    new Promise((done) => exchange.publish(TOPIC, JSON.stringify(state), { retain: true, qos: 1 }, done))
  await publish('halted')

  const pubsub = new MQTTPubSub({ client: await connected(mqtt.connect(url)) })
  const clients = []
  async function join() {
    const client = { heard: [] }
    client.id = await pubsub.subscribe(TOPIC, (state) => client.heard.push(state))
    clients.push(client)
    await pause(200)
    return client
  }
  const heard = (client) => client.heard.splice(0).join(' ') || 'nothing'

  for (let i = 0; i < 3; i++) await join()
  const direct = { heard: [] }
  const line = await connected(mqtt.connect(url))
  line.on('message', (_, text) => direct.heard.push(JSON.parse(text)))
  line.subscribe(TOPIC)
  await pause(200)
  const all = [...clients, direct]
  const before = all.map(heard)
  await publish('open')
  await pause(200)
  const after = all.map(heard)
  for (const { id } of clients) pubsub.unsubscribe(id)
  await pause(200)
  const next = heard(await join())

  console.log(`${''.padEnd(17)} at once    after the change`)
  const names = ['first client', 'second client', 'third client', 'MQTT client']
  names.forEach((name, i) => {
    const right = i === 1 || i === 2 ? '(right: halted)' : ''
    console.log(`${name.padEnd(17)} ${before[i].padEnd(10)} ${after[i].padEnd(18)} ${right}`.trimEnd())
  })
  console.log(`when all have left, the next one: ${next}`)
  const wanted = 'halted nothing nothing halted open open open open open'
  if ([...before, ...after, next].join(' ') !== wanted) {
    console.error('not as described any more')
    process.exit(1)
  }
  process.exit(0)
}
main()
PROBE
timeout 60 node probe.js
