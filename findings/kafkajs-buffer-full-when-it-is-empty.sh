#!/usr/bin/env bash
# kafkajs-buffer: after two bursts it is full for ever with nothing in it, a failed batch is gone, and two options of its README do nothing.
#
# Expected: queueBufferingMaxMessages is the "max number of messages allowed in the buffer"; one too many raises an error, and when the
#   buffer was sent there is room again. flush() sends "any pending message still in the buffer". queueBufferingMaxMs is how long
#   messages wait.
# Seen: push() of kafkajs-buffer 1.0.2 counts a message, then finds that it is too many and raises: it is counted and not kept, and no
#   sending takes it off the count. Each refused message makes the buffer smaller by one until push() raises whatever it is given.
#   A batch is taken out before it is sent; when the send fails it is gone, and onSendError is told the error without
#   the messages. The option is read as qeueuBufferingMaxMs, and onBatchDeliverd, as the list of options has it, as onBatchDelivered.
# Why it matters: a burst at the open that is larger than the buffer is what the limit is for; the second one silences the publisher until it is
#   started again, with Kafka well and the buffer empty. One leader election costs a thousand ticks. A service that is set up
#   to send each 10 ms sends each second.
# Way to live with it: a count of one's own, asked before push(); the messages kept until onMessageDelivered; both names of the option; in
#   tests two bursts over the limit, and a producer that fails once.
# Versions: kafkajs-buffer 1.0.2 (the newest on npm), kafkajs 2.2.4, Node 20.20.2. Nothing found about it. The script's producer has the
#   send() of kafkajs's.
#
# Output seen (room for 10; bursts of 15 ticks, all sent in between):
#   taken of each burst                     10 5 0 0  (right: 10 10 10 10)
#   10 ticks, one send fails, flush again   0 sent    (right: 10 sent)
#   queueBufferingMaxMs 50, one tick        1.0 s     (right: 0.1 s)
#   qeueuBufferingMaxMs 50, one tick        0.1 s
#   onBatchDeliverd of one batch            0 calls   (right: 1 call)
#   onBatchDelivered of one batch           1 call
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-fund --no-audit --no-save --ignore-scripts kafkajs-buffer@1.0.2 kafkajs@2.2.4 >npm.log 2>&1 ||
  { cat npm.log; exit 1; }

cat > probe.js <<'PROBE'
const { setTimeout: pause } = require('timers/promises')
const { KafkajsBuffer } = require('kafkajs-buffer')

class Producer {
  sent = 0
  failures = 0
  async send({ messages }) {
    if (this.failures-- > 0) throw new Error('There is no leader for this topic-partition')
    this.sent += messages.length
  }
}
const tick = { topic: 'ticks', messages: [{ key: 'BTC', value: '100' }] }

async function bursts() {
  const buffer = new KafkajsBuffer(new Producer(), { queueBufferingMaxMessages: 10 })
  const taken = []
  for (let burst = 0; burst < 4; burst++) {
    let count = 0
    for (let i = 0; i < 15; i++) {
      try {
        buffer.push(tick)
        count++
      } catch {
        continue
      }
    }
    taken.push(count)
    await buffer.flush()
  }
  return taken.join(' ')
}

async function failure() {
  const producer = new Producer()
  producer.failures = 1
  const buffer = new KafkajsBuffer(producer)
  for (let i = 0; i < 10; i++) buffer.push(tick)
  await buffer.flush().catch(() => {})
  await buffer.flush()
  return `${producer.sent} sent`
}

async function waited(option) {
  const producer = new Producer()
  const buffer = new KafkajsBuffer(producer, { [option]: 50 })
  const start = performance.now()
  buffer.push(tick)
  buffer.startAutoPolling(10)
  while (!producer.sent && performance.now() - start < 5000) await pause(5)
  buffer.stopAutoPolling()
  return `${((performance.now() - start) / 1000).toFixed(1)} s`
}

async function told(option) {
  let calls = 0
  const buffer = new KafkajsBuffer(new Producer(), { [option]: () => calls++ })
  buffer.push(tick)
  await buffer.flush()
  return `${calls} ${calls === 1 ? 'call' : 'calls'}`
}

async function main() {
  const lines = [
    ['taken of each burst', await bursts(), '10 10 10 10'],
    ['10 ticks, one send fails, flush again', await failure(), '10 sent'],
    ['queueBufferingMaxMs 50, one tick', await waited('queueBufferingMaxMs'), '0.1 s'],
    ['qeueuBufferingMaxMs 50, one tick', await waited('qeueuBufferingMaxMs')],
    ['onBatchDeliverd of one batch', await told('onBatchDeliverd'), '1 call'],
    ['onBatchDelivered of one batch', await told('onBatchDelivered')],
  ]
  for (const [name, seen, right] of lines) {
    console.log(right ? `${name.padEnd(39)} ${seen.padEnd(8)}  (right: ${right})` : `${name.padEnd(39)} ${seen}`)
  }
  const seen = lines.map(([, value]) => value)
  const slow = parseFloat(seen[2]) >= 0.9 && parseFloat(seen[3]) < 0.9
  if (seen[0] !== '10 5 0 0' || seen[1] !== '0 sent' || !slow || seen[4] !== '0 calls' || seen[5] !== '1 call') {
    console.error('not as described any more')
    process.exit(1)
  }
}
main()
PROBE
timeout 60 node probe.js
