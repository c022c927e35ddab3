#!/usr/bin/env bash
# web-streams-extensions: one map() for two feeds, and half of the second one's ticks are told as the first one's.
#
# Expected: map(fn) gives an operator, a function from stream to stream, as in RxJS: it has no state of its own and can be used for each feed.
# Seen: map() of web-streams-extensions 1.2.1 keeps the reader of its source outside of the function that it returns: the second feed that goes through the same operator takes
#   the place of the first. From then on both results read the second feed and share its ticks; the first feed is read by nobody, its result never ends, and nothing
#   is an error. mapSync() is the same, and ends; filter(), tap() and ten others that were tried keep the feeds apart.
# Why it matters: "const toPrice = map(tick => tick.price)" once and used for each symbol is how one writes it: prices of MSFT in the book of AAPL, every other one missing in its
#   own. With one feed, as in most tests, all is right.
# Way to live with it: call map() anew for each stream. In tests two feeds at once, each with its own name in its ticks.
# Versions: web-streams-extensions 1.2.1 (npm), Node.js 20.20.2. Source: operators/map and mapSync. Nothing found about it.
#
# Output seen (two feeds, A and M):
#   one map      A1 M2 M4  |  M1 M3 end
#   one mapSync  A1 M2 M4 end  |  M1 M3 end
#   one filter   A1 A2 A3 A4 end  |  M1 M2 M3 M4 end
#   two of map   A1 A2 A3 A4 end  |  M1 M2 M3 M4 end
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts web-streams-extensions@1.2.1 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.mjs <<'PROBE'
import { setTimeout as pause } from "node:timers/promises";
import * as streams from "web-streams-extensions";

const { pipe } = streams;
const feed = (name) =>
  new ReadableStream({
    async start(controller) {
      for (let i = 1; i <= 4; i++) {
        await pause(20);
        controller.enqueue(`${name}${i}`);
      }
      controller.close();
    },
  });
async function told(stream) {
  const ticks = [];
  const reader = stream.getReader();
  const read = async () => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return ticks.push("end");
      ticks.push(value);
    }
  };
  await Promise.race([read(), pause(600)]);
  return ticks.join(" ");
}
const both = async (one, two) => (await Promise.all([told(pipe(feed("A"), one)), told(pipe(feed("M"), two))])).join("  |  ");
const id = (tick) => tick;
const [map, mapSync, filter] = [streams.map(id), streams.mapSync(id), streams.filter(() => true)];
const seen = [await both(map, map), await both(mapSync, mapSync), await both(filter, filter), await both(streams.map(id), streams.map(id))];
["one map", "one mapSync", "one filter", "two of map"].forEach((name, i) => console.log(name.padEnd(12), seen[i]));
const apart = "A1 A2 A3 A4 end  |  M1 M2 M3 M4 end";
const mixed = (text) => /^A1 M/.test(text) && !text.includes("A2");
if (!mixed(seen[0]) || !mixed(seen[1]) || seen[2] !== apart || seen[3] !== apart) {
  console.error("not as described any more");
  process.exit(1);
}
PROBE
timeout 60 node probe.mjs
