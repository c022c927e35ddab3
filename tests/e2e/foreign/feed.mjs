// The feed: Redis Pub/Sub over its own protocol (RESP2), begun again whenever it is lost.
import { connect } from "node:net";

const ASK_MS = 1000, SILENT_MS = 4000, AGAIN_MS = 200, CONNECT_MS = 2000;

export class Feed {
  // `on` has payload(bytes), lost(), found().
  constructor(url, on) {
    Object.assign(this, { broker: new URL(url), on, connected: false, drains: [] });
    this.start();
  }
  start() {
    this.unread = Buffer.alloc(0);
    this.heard = Date.now();
    const socket = this.socket = connect(Number(this.broker.port || 6379), this.broker.hostname);
    socket.setNoDelay(true);
    const giveUp = setTimeout(() => { if (!this.connected) socket.destroy(); }, CONNECT_MS);
    const asking = setInterval(() => {
      if (this.connected && Date.now() - this.heard > SILENT_MS) socket.destroy();
      else if (this.connected && Date.now() - this.heard > ASK_MS / 2) socket.write(command("PING", "there?"));
    }, ASK_MS);
    socket.on("connect", () => socket.write(command("PSUBSCRIBE", "ticker:*")));
    socket.on("data", (data) => this.read(data));
    socket.on("error", () => {});
    socket.on("end", () => socket.destroy());
    socket.on("close", () => {
      clearTimeout(giveUp);
      clearInterval(asking);
      if (this.connected) { this.connected = false; this.on.lost(); }
      setTimeout(() => this.start(), AGAIN_MS);
    });
  }
  // Call back once all that the broker has now has come, or after `withinMs`.
  drain(withinMs, then) {
    if (!this.connected) { then(); return; }
    const once = () => { clearTimeout(late); this.drains = []; then(); };
    const late = setTimeout(once, withinMs);
    this.drains.push(once);
    this.socket.write(command("PING", "drain"));
  }
  read(data) {
    this.heard = Date.now();
    this.unread = this.unread.length ? Buffer.concat([this.unread, data]) : data;
    let at = 0;
    for (;;) {
      const reply = parse(this.unread, at);
      if (!reply) break;
      at = reply.at;
      this.take(Array.isArray(reply.value) ? reply.value : []);
    }
    this.unread = this.unread.subarray(at);
  }
  take([kind, second, , payload]) {
    const what = kind?.toString();
    if (what === "pmessage") this.on.payload(payload);
    else if (what === "psubscribe") { this.connected = true; this.on.found(); }
    else if (what === "pong" && second.toString() === "drain") this.drains.forEach((done) => done());
  }
}

const command = (...words) => `*${words.length}\r\n${words.map((w) => `$${Buffer.byteLength(w)}\r\n${w}\r\n`).join("")}`;

function parse(bytes, at) {
  const end = bytes.indexOf("\r\n", at);
  if (end < 0) return null;
  const [kind, number] = [String.fromCharCode(bytes[at]), Number(bytes.toString("latin1", at + 1, end))];
  if (kind === "$" && number >= 0) {
    if (bytes.length < end + 2 + number + 2) return null;
    return { value: bytes.subarray(end + 2, end + 2 + number), at: end + 4 + number };
  }
  if (kind !== "*") return { value: number, at: end + 2 };
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
