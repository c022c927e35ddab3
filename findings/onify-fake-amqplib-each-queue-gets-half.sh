#!/usr/bin/env bash
# @onify/fake-amqplib: of four ticks to a direct exchange two queues get two each, and "ticks.#" does not get "ticks".
#
# Expected: a "mocked version" of amqplib routes as RabbitMQ does: a direct exchange gives each queue that is bound with the key its copy,
#   "#" stands for zero words or more, and a queue that is bound twice gets a message once.
# Seen: fake-amqplib 3.7.0 is a layer over smqp 14.0.0, whose direct exchange hands each message to one of the queues in turn. "#" is
#   at least one word there, at the beginning, in the middle and at the end. Each binding of a queue that matches adds a copy.
#   fanout is as RabbitMQ's.
# Why it matters: risk and store are two services with a queue each, and each sees every other tick in the test: a store with gaps, a
#   position that is half. A test that counts both together is green. With one service in the test all of it is green; what comes
#   to the queue that has two bindings is counted twice, and the code that removes duplicates is written for nobody.
# Way to live with it: fanout or topic in place of direct; two bindings ("ticks" and "ticks.#"); in tests two queues on one key, each
#   with its count.
# Versions: @onify/fake-amqplib 3.7.0 (the newest on npm), smqp 14.0.0, Node 20.20.2. README tells how to mock, and nothing of this.
#
# Output seen (what each queue gets):
#   direct, both bound to BTC, ticks 1 to 4     risk 1 3    store 2 4      (right: risk 1 2 3 4    store 1 2 3 4)
#   fanout, ticks 1 to 4                        risk 1 2 3 4    store 1 2 3 4
#   ticks.#      of ticks and ticks.BTC         store ticks.BTC            (right: store ticks ticks.BTC)
#   #.BTC        of BTC and ticks.BTC           store ticks.BTC            (right: store BTC ticks.BTC)
#   ticks.#.BTC  of ticks.BTC and ticks.a.BTC   store ticks.a.BTC          (right: store ticks.BTC ticks.a.BTC)
#   ticks.BTC and ticks.*, of ticks.BTC         store ticks.BTC ticks.BTC  (right: store ticks.BTC)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts @onify/fake-amqplib@3.7.0 smqp@14.0.0 >npm.log 2>&1 ||
  { cat npm.log; exit 1; }

cat > probe.mjs <<'PROBE'
import { setTimeout as pause } from 'node:timers/promises'
import { connect } from '@onify/fake-amqplib'

const channel = await (await connect('amqp://127.0.0.1')).createChannel()
let count = 0

/** What the queues get of the ticks; bindings are [queue, key], ticks [key, text]. */
async function routed(type, bindings, ticks) {
  const exchange = `exchange ${++count}`
  await channel.assertExchange(exchange, type)
  const got = new Map()
  for (const [queue, key] of bindings) {
    const name = `${exchange} ${queue}`
    await channel.assertQueue(name)
    await channel.bindQueue(name, exchange, key)
    if (got.has(queue)) continue
    got.set(queue, [])
    await channel.consume(name, (message) => got.get(queue).push(message.content.toString()), { noAck: true })
  }
  for (const [key, text] of ticks) channel.publish(exchange, key, Buffer.from(text))
  await pause(100)
  return [...got].map(([queue, texts]) => `${queue} ${texts.join(' ') || 'none'}`).join('    ')
}
const both = [['risk', 'BTC'], ['store', 'BTC']]
const four = ['1', '2', '3', '4'].map((text) => ['BTC', text])
const topic = (keys, ...ticks) => routed('topic', keys.map((key) => ['store', key]), ticks.map((tick) => [tick, tick]))
const lines = [
  ['direct, both bound to BTC, ticks 1 to 4', await routed('direct', both, four), 'risk 1 2 3 4    store 1 2 3 4'],
  ['fanout, ticks 1 to 4', await routed('fanout', both, four)],
  ['ticks.#      of ticks and ticks.BTC', await topic(['ticks.#'], 'ticks', 'ticks.BTC'), 'store ticks ticks.BTC'],
  ['#.BTC        of BTC and ticks.BTC', await topic(['#.BTC'], 'BTC', 'ticks.BTC'), 'store BTC ticks.BTC'],
  [
    'ticks.#.BTC  of ticks.BTC and ticks.a.BTC',
    await topic(['ticks.#.BTC'], 'ticks.BTC', 'ticks.a.BTC'),
    'store ticks.BTC ticks.a.BTC',
  ],
  ['ticks.BTC and ticks.*, of ticks.BTC', await topic(['ticks.BTC', 'ticks.*'], 'ticks.BTC'), 'store ticks.BTC'],
]
for (const [name, seen, right] of lines) {
  console.log(right ? `${name.padEnd(43)} ${seen.padEnd(25)}  (right: ${right})` : `${name.padEnd(43)} ${seen}`)
}
const wanted = [
  'risk 1 3    store 2 4',
  'risk 1 2 3 4    store 1 2 3 4',
  'store ticks.BTC',
  'store ticks.BTC',
  'store ticks.a.BTC',
  'store ticks.BTC ticks.BTC',
]
if (lines.some(([, seen], i) => seen !== wanted[i])) {
  console.error('not as described any more')
  process.exit(1)
}
process.exit(0)
PROBE
timeout 60 node probe.mjs
