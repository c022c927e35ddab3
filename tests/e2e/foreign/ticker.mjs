// A ticker service in another language: Node without packages. It speaks qa-ws, takes its settings
// from variables with names and units of its own, and knows nothing of the suite.
import { createServer } from "node:http";
import { createHash, createPublicKey, randomUUID, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { connect } from "node:net";

const LIMIT = Number(process.env.MAX_CLIENTS ?? 1000);
const IDLE_MS = Number(process.env.IDLE_MILLIS ?? 300_000);
const SET = JSON.parse(readFileSync(process.env.KEY_SET, "utf8")).keys;
const KEYS = new Map(SET.filter((jwk) => jwk.kty === "RSA" && jwk.use === "sig").map((jwk) => [jwk.kid, jwk]));
const clients = new Set();

// --- tokens -------------------------------------------------------------------------------------
const part = (text) => JSON.parse(Buffer.from(text, "base64url").toString());
function authorised(token) {
  try {
    const [head, body, signature] = token.split(".");
    const jwk = KEYS.get(part(head).kid);
    if (part(head).alg !== "RS256" || !jwk) return false;
    const key = createPublicKey({ key: jwk, format: "jwk" });
    const claims = part(body);
    return verify("sha256", Buffer.from(`${head}.${body}`), key, Buffer.from(signature, "base64url"))
      && claims.iss === process.env.ISSUER && claims.aud === process.env.AUDIENCE
      && claims.exp > Date.now() / 1000;
  } catch { return false; }
}

// --- WebSocket (RFC 6455) -------------------------------------------------------------------------
function frame(opcode, payload) {
  const body = Buffer.from(payload);
  const head = body.length < 126 ? Buffer.from([0x80 | opcode, body.length])
    : Buffer.from([0x80 | opcode, 126, body.length >> 8, body.length & 255]);
  return Buffer.concat([head, body]);
}
class Client {
  constructor(socket) {
    Object.assign(this, { socket, keys: new Set(), buffer: Buffer.alloc(0), closing: false });
    socket.setNoDelay(true);
    socket.on("data", (data) => this.read(data));
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.gone());
  }
  send(message) { if (!this.closing) this.socket.write(frame(1, JSON.stringify(message))); }
  close(code, reason) {
    if (this.closing) return;
    this.closing = true;
    this.socket.write(frame(8, Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)])));
    this.gone();
  }
  gone() { clients.delete(this); clearTimeout(this.timer); }
  alive() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.close(1001, "idle timeout"), IDLE_MS + 50);
  }
  read(data) {
    this.buffer = Buffer.concat([this.buffer, data]);
    for (;;) {
      const bytes = this.buffer;
      if (bytes.length < 6) return;
      let [length, at] = [bytes[1] & 127, 2];
      if (length === 126) { length = bytes.readUInt16BE(2); at = 4; }
      if (bytes.length < at + 4 + length) return;
      const mask = bytes.subarray(at, at + 4);
      const payload = Buffer.from(bytes.subarray(at + 4, at + 4 + length)).map((b, i) => b ^ mask[i & 3]);
      this.buffer = bytes.subarray(at + 4 + length);
      const opcode = bytes[0] & 15;
      if (opcode === 8) {
        if (!this.closing) { this.closing = true; this.socket.write(frame(8, payload)); }
        this.gone();
        this.socket.end();
        return;
      }
      if (this.closing) continue;
      if (opcode === 9) { this.alive(); this.socket.write(frame(10, payload)); }
      if (opcode === 1) { this.alive(); this.command(payload.toString()); }
    }
  }
  command(text) {
    try {
      const message = JSON.parse(text);
      if (message.action === "ping") return this.send({ type: "pong" });
      const keys = selector(message);
      if (message.action === "subscribe") { keys.forEach((key) => this.keys.add(key)); return this.send({ type: "subscribed" }); }
      if (message.action === "unsubscribe") { keys.forEach((key) => this.keys.delete(key)); return this.send({ type: "unsubscribed" }); }
      throw new Error("unknown action");
    } catch (problem) {
      this.send({ type: "error", message: `Invalid message format (${problem.message})` });
    }
  }
}
function selector({ instruments, symbols, symbol, type }) {
  const text = (value) => { if (typeof value !== "string" || !value) throw new Error("not a symbol"); return value; };
  if (instruments) return instruments.map((n) => { if (!Number.isInteger(n)) throw new Error("not an instrument"); return `i${n}`; });
  if (symbols) return symbols.map((s) => `s${text(s)}`);
  if (type === "underlying") return [`u${text(symbol)}`];
  throw new Error("no selector");
}

const server = createServer((request, response) => {
  const counts = { clients: clients.size, topics: [...clients].reduce((sum, c) => sum + c.keys.size, 0) };
  const known = { "/ready": { ready }, "/counts": counts }[request.url];
  response.writeHead(known && (request.url !== "/ready" || ready) ? 200 : 503, { connection: "close" });
  response.end(JSON.stringify(known ?? {}));
});
server.on("upgrade", (request, socket) => {
  const accept = createHash("sha1").update(request.headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest("base64");
  const token = new URL(request.url, "http://x").searchParams.get("access_token")
    ?? request.headers.authorization?.replace(/^Bearer /, "") ?? "";
  if (!authorised(token)) {
    socket.end("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    return;
  }
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
  const client = new Client(socket);
  if (clients.size >= LIMIT) return client.close(1008, "max connections reached");
  clients.add(client);
  client.alive();
  client.send({ type: "connection", status: "connected", session_id: randomUUID() });
});

// --- the feed (RESP2) -----------------------------------------------------------------------------
let ready = false;
const broker = new URL(process.env.BROKER);
const feed = connect(Number(broker.port), broker.hostname, () => feed.write("PSUBSCRIBE ticker:*\r\n"));
let unread = Buffer.alloc(0);
feed.on("data", (data) => {
  unread = Buffer.concat([unread, data]);
  for (;;) {
    const reply = parse(unread, 0);
    if (!reply) return;
    unread = unread.subarray(reply.at);
    if (reply.value[0] === "psubscribe") ready = true;
    if (reply.value[0] === "pmessage") broadcast(reply.value[3]);
  }
});
function parse(bytes, at) {
  const end = bytes.indexOf("\r\n", at);
  if (end < 0) return null;
  const [kind, number] = [String.fromCharCode(bytes[at]), Number(bytes.toString("utf8", at + 1, end))];
  if (kind === ":") return { value: number, at: end + 2 };
  if (kind === "$") {
    if (bytes.length < end + 2 + number + 2) return null;
    return { value: bytes.toString("utf8", end + 2, end + 2 + number), at: end + 4 + number };
  }
  const value = [];
  let next = end + 2;
  for (let i = 0; i < number; i++) {
    const item = parse(bytes, next);
    if (!item) return null;
    value.push(item.value);
    next = item.at;
  }
  return { value, at: next };
}
function broadcast(text) {
  const tick = JSON.parse(text);
  const keys = tick.type === "underlying_bar" ? [`u${tick.symbol}`, `s${tick.symbol}`] : [`i${tick.instrument_token}`, `s${tick.symbol}`];
  const bytes = frame(1, text);
  for (const client of clients) {
    if (!client.closing && keys.some((key) => client.keys.has(key))) { client.alive(); client.socket.write(bytes); }
  }
}

process.on("SIGTERM", () => process.exit(0));
server.listen(Number(process.env.LISTEN), "127.0.0.1", () => console.log("foreign ticker up"));
