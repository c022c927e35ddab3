#!/usr/bin/env bash
# stock-api: asked for Alibaba and Boeing it gives Boeing Alibaba's price; a candle's volume is in lots or in shares, by who answers; the slowest source sets the pace.
#
# Expected: getStocks() gives each code its own row, whatever the order, and "---" to one that the source does not know; auto "falls back": tencent, then sina, then eastmoney, and
#   what it gives means the same whoever gave it.
# Seen: stock-api 2.7.5 takes for each code the first row of the answer that has the code anywhere in its text: usBA is in v_usBABA=..., gb_ba in hq_str_gb_baba. Asked in
#   the order BABA, BA the second is the first one's price, low and high under its own name; in the order BA, BABA all is right. A code that does not exist
#   gets the price of the one that it begins. searchStocks() is made of it.
#   getKlines() hands on volume as it comes: Tencent and Eastmoney count in lots of 100, Sina in shares. auto.getStock() asks all three one after the other, and
#   answers when the last one has answered.
# Why it matters: BA, F, T, V, MA, MS, A and C are codes that begin others: a watch list of shares in New York has wrong prices by its order, and a move of a
#   percent in one is seen in the other. On the day on which Tencent fails the volume is a hundred times the average.
# Way to live with it: getStock() for each code of New York; look at source of each candle, and multiply; one source by name where it has to be fast; in tests a
#   list with BABA before BA.
# Versions: stock-api 2.7.5 (the newest on npm), Node.js 20.20.2. Nothing found about it. Answers as the sources send them; the script's server stands in.
# Source: AKShare's documentation for the units of the three: stock_zh_a_hist (Eastmoney) and stock_zh_a_hist_tx (Tencent) in lots, stock_zh_a_daily (Sina) in shares.
#
# Output seen (BABA at 113.24, BA at 230.5; a day of 1,000,000 shares):
#   tencent, BA BABA                  BA 230.5, BABA 113.24
#   tencent, BABA BA                  BABA 113.24, BA 113.24                 (right: BABA 113.24, BA 230.5)
#   sina, BABA BA                     BABA 113.24, BA 113.24                 (right: BABA 113.24, BA 230.5)
#   tencent, BABA BAB                 BABA 113.24, BAB 113.24                (right: BABA 113.24, BAB 0, there is no BAB)
#   candle, all answer                tencent 10000
#   candle, Tencent answers 502       sina 1000000
#   auto.getStock(), Sina after 3 s   113.24, after 3 s                      (right: at once, from Tencent)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts stock-api@2.7.5 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.js <<'PROBE'
const assert = require("node:assert/strict");
const { once } = require("node:events");
const { createServer } = require("node:http");
const { setTimeout: sleep } = require("node:timers/promises");
const { stocks } = require("stock-api");

const prices = { BABA: 113.24, BA: 230.5 };
const tencentRow = (code) => {
  const fields = Array(60).fill("0");
  Object.assign(fields, { 0: "200", 1: `${code} Inc`, 2: `${code}.N`, 3: prices[code], 4: 100, 33: prices[code] + 1, 34: prices[code] - 1 });
  return `v_us${code}="${fields.join("~")}";\n`;
};
const sinaRow = (code) => {
  const fields = Array(30).fill("0");
  Object.assign(fields, { 0: `${code} Inc`, 1: prices[code], 6: prices[code] + 1, 7: prices[code] - 1, 26: 100 });
  return `var hq_str_gb_${code.toLowerCase()}="${fields.join(",")}";\n`;
};
const state = { tencentDown: false, sinaLate: 0 };
const server = createServer(async (request, answer) => {
  const host = request.headers["x-host"];
  const url = decodeURIComponent(request.url);
  const asked = (prefix) => url.split("=")[1].split(",").map((code) => code.slice(prefix.length).toUpperCase());
  if (host === "qt.gtimg.cn") return answer.end(asked("us").map((code) => (prices[code] ? tencentRow(code) : 'v_pv_none_match="1";\n')).join(""));
  if (host === "hq.sinajs.cn") {
    await sleep(state.sinaLate);
    return answer.end(asked("gb_").map((code) => (prices[code] ? sinaRow(code) : `var hq_str_gb_${code.toLowerCase()}="";\n`)).join(""));
  }
  if (host === "web.ifzq.gtimg.cn") {
    if (state.tencentDown) return answer.writeHead(502).end();
    return answer.end(JSON.stringify({ data: { sh600519: { day: [["2026-01-05", "10", "11", "12", "9", "10000.000"]] } } }));
  }
  if (host === "quotes.sina.cn") return answer.end(JSON.stringify([{ day: "2026-01-05", open: "10", high: "12", low: "9", close: "11", volume: "1000000" }]));
  answer.writeHead(404).end();
});

const real = globalThis.fetch;
globalThis.fetch = (url, options) => {
  const { host, pathname, search } = new URL(url);
  const headers = new Headers(options.headers);
  headers.set("x-host", host);
  return real(`http://127.0.0.1:${server.address().port}${pathname}${search}`, { ...options, headers });
};

async function main() {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const list = async (source, ...codes) =>
    (await stocks[source].getStocks(codes.map((code) => `US${code}`))).map(({ code, now }) => `${code.slice(2)} ${now}`).join(", ");
  const candle = async () => {
    const [{ source, volume }] = await stocks.auto.getKlines("SH600519", { period: "day", count: 1 });
    return `${source} ${volume}`;
  };
  const right = "BABA 113.24, BA 230.5";
  const rows = [
    ["tencent, BA BABA", await list("tencent", "BA", "BABA"), ""],
    ["tencent, BABA BA", await list("tencent", "BABA", "BA"), right],
    ["sina, BABA BA", await list("sina", "BABA", "BA"), right],
    ["tencent, BABA BAB", await list("tencent", "BABA", "BAB"), "BABA 113.24, BAB 0, there is no BAB"],
    ["candle, all answer", await candle(), ""],
  ];
  state.tencentDown = true;
  rows.push(["candle, Tencent answers 502", await candle(), ""]);
  state.tencentDown = false;
  state.sinaLate = 3000;
  const started = Date.now();
  const { now } = await stocks.auto.getStock("USBABA");
  rows.push(["auto.getStock(), Sina after 3 s", `${now}, after ${Math.round((Date.now() - started) / 1000)} s`, "at once, from Tencent"]);
  for (const [name, what, better] of rows) console.log(`${name.padEnd(33)} ${what.padEnd(38)}${better && ` (right: ${better})`}`.trimEnd());
  assert.deepEqual(
    rows.map((row) => row[1]),
    [
      "BA 230.5, BABA 113.24",
      "BABA 113.24, BA 113.24",
      "BABA 113.24, BA 113.24",
      "BABA 113.24, BAB 113.24",
      "tencent 10000",
      "sina 1000000",
      "113.24, after 3 s",
    ],
    "not as described any more",
  );
}
main().then(
  () => process.exit(0),
  (error) => {
    console.error(error.message);
    process.exit(1);
  },
);
PROBE
timeout 60 node probe.js
