// Part (a) for k6: every client parses and checks every message, then says what it found.
//
//   k6 run -e URL=… -e CLIENTS=100 -e TICKS=10000 -e SUMMARY=summary.json k6.js
import { WebSocket } from 'k6/experimental/websockets';
import { Counter, Trend } from 'k6/metrics';

const clients = Number(__ENV.CLIENTS);
const last = Number(__ENV.TICKS);

export const options = {
  scenarios: {
    clients: {
      executor: 'per-vu-iterations',
      vus: clients,
      iterations: 1,
      maxDuration: `${__ENV.WITHIN_S}s`,
      gracefulStop: '1s',
    },
  },
  systemTags: [], // nothing is asked of k6 that is not needed
  discardResponseBodies: true,
  summaryTrendStats: ['min', 'max'],
};

const found = {
  ticks: new Counter('bench_ticks'),
  gap: new Counter('bench_gap'),
  duplicate: new Counter('bench_duplicate'),
  order: new Counter('bench_order'),
  foreign: new Counter('bench_foreign'),
  complete: new Counter('bench_complete'),
};
const lastAt = new Trend('bench_last_ms');

export default function () {
  const socket = new WebSocket(__ENV.URL, null, __ENV.COMPRESSION ? { compression: __ENV.COMPRESSION } : {});
  const count = { ticks: 0, gap: 0, duplicate: 0, order: 0, foreign: 0, complete: 0 };
  const missing = new Set();
  let previous = 0;
  let at = 0;

  socket.onmessage = (event) => {
    const message = JSON.parse(event.data);
    if (message.type === 'ticks') message.ticks.forEach(take);
    else take(message);
  };

  const take = (message) => {
    if (message.type === 'option_tick' && message.symbol === 'NIFTY') {
      count.ticks += 1;
      const number = message.seq;
      if (number === previous + 1) {
        previous = number;
      } else if (number > previous) {
        for (let lost = previous + 1; lost < number; lost += 1) missing.add(lost);
        count.gap += number - previous - 1;
        previous = number;
      } else if (missing.delete(number)) {
        count.order += 1;
        count.gap -= 1;
      } else {
        count.duplicate += 1;
      }
      if (number === last) {
        at = Date.now();
        count.complete = 1;
        socket.close();
      }
    } else if (message.type === 'connection') {
      socket.send('{"action":"subscribe","symbols":["NIFTY"]}');
    } else if (message.type !== 'subscribed') {
      count.foreign += 1;
    }
  };
  socket.onclose = () => {
    for (const name in found) found[name].add(count[name]);
    lastAt.add(at);
  };
}

export function handleSummary(data) {
  return { [__ENV.SUMMARY]: JSON.stringify(data.metrics) };
}
