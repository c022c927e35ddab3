// A ticker service in another language: Node without packages. It speaks qa-ws, takes its settings
// from variables with names and units of its own, and knows nothing of the suite.
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import { Feed } from "./feed.mjs";
import { parse } from "./json.mjs";
import { bearer } from "./tokens.mjs";
import { frame, Line, TEXT } from "./websocket.mjs";

const { env } = process;
const LIMIT = Number(env.MAX_CLIENTS ?? 1000);
const PER_USER = Number(env.MAX_PER_USER ?? Infinity);
const IDLE_MS = Number(env.IDLE_MILLIS ?? 300_000);
const PING_MS = Number(env.PING_MILLIS ?? 20_000);
const ORIGINS = (env.ORIGINS ?? "").split(",").filter(Boolean);
const LARGEST = 64 * 1024;
const TOPICS = 500;  // per client
const PER_SECOND = 100, BURST = 200;
const MOST_WAITING = 6 * 1024 * 1024;  // bytes that a client may leave unread
const MOST_HEADERS = 100, ASK_MS = 8000;
const WELL_FORMED = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const clients = new Set();
const users = new Map();
const topics = new Map();  // what a client can want -> who wants it
const instruments = new Map();  // instrument -> its symbol, as far as ticks have told
let degraded = true;
let ending = false;
const log = (level, ...words) => { if (level !== "debug" || env.LOG === "DEBUG") console.log(level, ...words); };

// --- clients --------------------------------------------------------------------------------------
class Client {
  constructor(socket, who) {
    Object.assign(this, { who, keys: new Set(), heard: Date.now(), allowance: BURST, refilled: Date.now() });
    this.line = new Line(socket, LARGEST, {
      text: (message) => { if (this.counted()) this.command(message); },
      binary: () => { if (this.counted()) this.say({ type: "error", message: "Invalid message format: it is not text" }); },
      control: () => this.counted(),
      pong: () => { this.answered = true; },
      gone: () => this.leave(),
    });
  }
  say(message) { this.send(frame(TEXT, JSON.stringify(message))); }
  send(bytes) {
    if (this.line.waiting > MOST_WAITING) this.close(1008, "slow consumer");
    else this.line.write(bytes);
  }
  close(code, reason) {
    log("info", "closing a client:", reason);
    this.line.close(code, reason);
    this.leave();
  }
  enter() {
    clients.add(this);
    users.set(this.who.subject, (users.get(this.who.subject) ?? 0) + 1);
    this.sleep();
    this.answered = true;
    this.pinging = setInterval(() => {
      if (!this.answered) { this.line.socket.destroy(); return; }
      this.answered = false;
      this.line.ping();
    }, PING_MS);
  }
  leave() {
    clearTimeout(this.timer);
    clearInterval(this.pinging);
    this.drop([...this.keys]);
    if (!clients.delete(this)) return;
    const left = users.get(this.who.subject) - 1;
    if (left) users.set(this.who.subject, left); else users.delete(this.who.subject);
  }
  // Wake up when the token expires or the client has been idle for too long, whichever is first.
  sleep() {
    const now = Date.now();
    if (this.who.expires <= now) { this.close(1008, "token expired"); return; }
    const idle = this.heard + IDLE_MS + 20 - now;
    if (idle <= 0) { this.close(1001, "idle timeout"); return; }
    this.timer = setTimeout(() => this.sleep(), Math.min(idle, this.who.expires - now + 5, 2 ** 30));
  }
  counted() {
    if (!clients.has(this)) return false;
    const now = Date.now();
    this.heard = now;
    this.allowance = Math.min(BURST, this.allowance + (now - this.refilled) * PER_SECOND / 1000) - 1;
    this.refilled = now;
    if (this.allowance >= 0) return true;
    this.close(1008, "rate limit exceeded");
    return false;
  }
  command(text) {
    try {
      const message = parse(text);
      if (!(message instanceof Map)) throw new Error("it is not an object");
      const action = message.get("action");
      if (action === "ping") { this.say({ type: "pong" }); return; }
      if (action !== "subscribe" && action !== "unsubscribe") throw new Error("the action is unknown");
      const keys = selection(message);
      if (action === "unsubscribe") this.drop(keys);
      else if (!keys.every((key) => this.maySee(symbolOf(key)))) throw new Error("you are not entitled to that");
      else this.hold(keys);
      this.say({ type: `${action}d`, totals: { topics: this.keys.size } });
    } catch (problem) {
      log("debug", "an invalid message:", problem.message);
      this.say({ type: "error", message: `Invalid message format: ${problem.message}` });
    }
  }
  maySee(symbol) { return !this.who.symbols || this.who.symbols.has(symbol); }
  hold(keys) {
    if (new Set([...this.keys, ...keys]).size > TOPICS) throw new Error("these are too many subscriptions");
    for (const key of keys) {
      this.keys.add(key);
      if (!topics.has(key)) topics.set(key, new Set());
      topics.get(key).add(this);
    }
  }
  drop(keys) {
    for (const key of keys) {
      this.keys.delete(key);
      topics.get(key)?.delete(this);
      if (topics.get(key)?.size === 0) topics.delete(key);
    }
  }
}
const symbolOf = (key) => (key[0] === "i" ? instruments.get(key.slice(1)) : key.slice(1));
const need = (condition, words) => { if (!condition) throw new Error(words); };
function symbol(value) {
  need(typeof value === "string" && value.length > 0 && value.length <= 64 && value.isWellFormed(), "a symbol is a short text");
  return value;
}
function instrument(value) {
  need(typeof value === "bigint" && value > 0n && value < 2n ** 63n, "an instrument is a positive integer");
  return String(value);
}
function selection(message) {
  const given = ["instruments", "symbols", "symbol"].filter((name) => message.has(name));
  need(given.length === 1, "it needs one of instruments, symbols, symbol");
  const values = message.get(given[0]);
  if (given[0] === "symbol") {
    need(message.get("type") === "underlying", "a symbol alone needs the type underlying");
    return [`u${symbol(values)}`];
  }
  need(Array.isArray(values) && values.length > 0 && values.length <= 1000, "it is no list, or one too long");
  return given[0] === "symbols" ? values.map((s) => `s${symbol(s)}`) : values.map((n) => `i${instrument(n)}`);
}

// --- ticks ----------------------------------------------------------------------------------------
const isNumber = (value) => typeof value === "bigint" || Number.isFinite(value);
function route(tick) {
  need(tick instanceof Map, "not an object");
  const name = symbol(tick.get("symbol"));
  const all = (from, names) => need(names.every((each) => isNumber(from.get(each))), "a number is missing");
  if (tick.get("type") === "underlying_bar") {
    all(tick, ["open", "high", "low", "close", "volume"]);
    return [name, [`u${name}`, `s${name}`]];
  }
  need(tick.get("type") === "option_tick" && tick.get("greeks") instanceof Map, "no tick");
  all(tick, ["last_price"]);
  all(tick.get("greeks"), ["delta", "gamma", "theta", "vega", "iv"]);
  const number = instrument(tick.get("instrument_token"));
  instruments.set(number, name);
  return [name, [`i${number}`, `s${name}`]];
}
function broadcast(payload) {
  if (ending === "drained") return;
  let name, keys;
  try { [name, keys] = route(parse(WELL_FORMED.decode(payload))); } catch (problem) {
    log("warning", "a payload of the feed is no tick:", problem.message);
    return;
  }
  const bytes = frame(TEXT, payload);
  const wanting = new Set(keys.flatMap((key) => [...(topics.get(key) ?? [])]));
  for (const client of wanting) {
    if (!client.maySee(name)) continue;
    client.heard = Date.now();
    client.send(bytes);
  }
}
const status = () => ({ type: "status", status: degraded ? "degraded" : "recovered" });
const feed = new Feed(env.BROKER, {
  payload: broadcast,
  lost: () => { degraded = true; clients.forEach((client) => client.say(status())); },
  found: () => {
    degraded = false;
    clients.forEach((client) => client.say(status()));
  },
});

// --- the door -------------------------------------------------------------------------------------
const server = createServer((request, response) => {
  const answer = (code, body) => {
    response.writeHead(code, { connection: "close", "content-type": "application/json" });
    response.end(JSON.stringify(body));
  };
  const { pathname } = new URL(request.url, "http://x");
  if (pathname === "/ready") { answer(degraded || ending ? 503 : 200, { ready: !degraded }); return; }
  if (pathname !== "/counts") { answer(404, {}); return; }
  const [shown, wanted] = [request.headers["x-desk-key"] ?? "", env.DESK_KEY].map((key) => createHash("sha256").update(key).digest());
  if (!timingSafeEqual(shown, wanted)) { answer(401, {}); return; }
  answer(200, { clients: clients.size, topics: [...clients].reduce((sum, client) => sum + client.keys.size, 0) });
});
server.on("connection", (socket) => { socket.late = setTimeout(() => socket.destroy(), ASK_MS); socket.on("close", () => clearTimeout(socket.late)); });
server.on("clientError", (_, socket) => {
  if (socket.writable) socket.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  socket.destroySoon();
});
function turnAway(socket, line, body = "", headers = []) {
  if (socket.writable) socket.end([`HTTP/1.1 ${line}`, ...headers, `Content-Length: ${body.length}`, "Connection: close", "", body].join("\r\n"));
  setTimeout(() => socket.destroy(), 1000).unref();
}
function all(request, name) {
  return request.rawHeaders.filter((_, at) => at % 2 === 1 && request.rawHeaders[at - 1].toLowerCase() === name);
}
server.on("upgrade", (request, socket) => {
  clearTimeout(socket.late);
  socket.on("error", () => socket.destroy());
  const url = new URL(request.url, "http://x");
  const [key] = [request.headers["sec-websocket-key"] ?? ""];
  if (request.rawHeaders.length > 2 * MOST_HEADERS) return turnAway(socket, "431 Request Header Fields Too Large");
  if (url.pathname !== "/stream") return turnAway(socket, "404 Not Found");
  if (request.headers["sec-websocket-version"] !== "13") return turnAway(socket, "426 Upgrade Required", "", ["Sec-WebSocket-Version: 13"]);
  if (!/^[A-Za-z0-9+/]{22}==$/.test(key)) return turnAway(socket, "400 Bad Request");
  const origins = all(request, "origin");
  if (ORIGINS.length && origins.length && (origins.length > 1 || !ORIGINS.includes(origins[0]))) {
    log("info", "a page of another origin was turned away");
    return turnAway(socket, "403 Forbidden", "Origin not allowed");
  }
  if (ending) return turnAway(socket, "503 Service Unavailable");
  let who;
  try {
    const shown = [...url.searchParams.getAll("access_token"), ...all(request, "authorization").map((value) => value.replace(/^Bearer /i, ""))];
    need(shown.length === 1, "no token, or more than one");
    who = bearer(shown[0]);
  } catch (problem) {
    log("info", "a client was turned away:", problem.message);
    return turnAway(socket, "401 Unauthorized", "Authentication required", ["WWW-Authenticate: Bearer"]);
  }
  const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
  const client = new Client(socket, who);
  if (clients.size >= LIMIT) return client.close(1008, "max connections reached");
  if ((users.get(who.subject) ?? 0) >= PER_USER) return client.close(1008, "max connections of one user reached");
  client.enter();
  client.say({ type: "connection", status: "connected", session_id: randomBytes(24).toString("base64url") });
  if (degraded) client.say(status());
  log("info", "a client of", clients.size);
});

// --- the end --------------------------------------------------------------------------------------
process.on("SIGTERM", () => {
  if (ending) return;
  ending = "draining";
  server.close();
  feed.drain(1000, () => {
    ending = "drained";
    const lines = [...clients].map((client) => client.line);
    [...clients].forEach((client) => client.close(1001, "server shutdown"));
    const until = Date.now() + 3000;
    const waiting = setInterval(() => {
      if (Date.now() < until && lines.some((line) => line.open)) return;
      clearInterval(waiting);
      process.exit(0);
    }, 20);
  });
});
server.listen(Number(env.LISTEN), "127.0.0.1", 1024, () => log("info", "foreign ticker up"));
