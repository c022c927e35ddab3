// The server's side of WebSocket (RFC 6455) on a socket that has been upgraded; no extensions.
const TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10;
const LINGER_MS = 4000;  // for the client's close frame: what is left unread would reset the line
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const ALLOWED = (code) => (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);

export function frame(opcode, payload) {
  const body = Buffer.from(payload);
  let head;
  if (body.length < 126) head = Buffer.from([0x80 | opcode, body.length]);
  else if (body.length < 65536) head = Buffer.from([0x80 | opcode, 126, body.length >> 8, body.length & 255]);
  else {
    head = Buffer.alloc(10);
    head.set([0x80 | opcode, 127]);
    head.writeBigUInt64BE(BigInt(body.length), 2);
  }
  return Buffer.concat([head, body]);
}

export class Line {
  // `on` has text(message), binary(), control(), pong(), gone(); `largest` is a message's limit in bytes.
  constructor(socket, largest, on) {
    Object.assign(this, { socket, largest, on, open: true, closing: false });
    Object.assign(this, { chunks: [], pieces: [], size: 0, kind: 0, failed: false });
    socket.setNoDelay(true);
    socket.on("data", (data) => this.read(data));
    socket.on("error", () => socket.destroy());
    socket.on("end", () => socket.destroy());
    socket.on("close", () => this.end());
  }
  end() {
    if (!this.open) return;
    this.open = false;
    clearTimeout(this.lingering);
    this.on.gone();
  }
  write(bytes) { if (this.open && !this.closing) this.socket.write(bytes); }
  get waiting() { return this.socket.writableLength; }
  close(code, reason = "") {
    if (this.closing || !this.open) return;
    this.socket.write(frame(CLOSE, Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)])));
    this.closing = true;
    this.chunks = [];
    this.lingering = setTimeout(() => this.socket.destroy(), LINGER_MS);
  }
  hangUp() {
    this.socket.end();
    clearTimeout(this.lingering);
    this.lingering = setTimeout(() => this.socket.destroy(), 1000);
  }
  read(data) {
    if (this.failed) return;  // what a client says behind a mistake is read, and thrown away
    this.chunks.push(data);
    let bytes = this.chunks.length > 1 ? Buffer.concat(this.chunks) : data;
    while (bytes.length >= 2 && !this.failed && this.open) {
      const rest = this.frame(bytes);
      if (!rest) break;
      bytes = rest;
    }
    this.chunks = bytes.length && !this.failed ? [bytes] : [];
  }
  // Take one frame; return what is behind it, or null while it is not all there.
  frame(bytes) {
    const [first, second] = bytes;
    const [fin, opcode, control] = [first & 0x80, first & 15, first & 8];
    if (first & 0x70) return this.fail(1002, "reserved bits");
    if (!(second & 0x80)) return this.fail(1002, "no mask");
    if (![0, TEXT, BINARY, CLOSE, PING, PONG].includes(opcode)) return this.fail(1002, "unknown kind");
    if (control && (!fin || (second & 127) > 125)) return this.fail(1002, "a control frame too long");
    if (!control && (opcode === 0) !== (this.kind !== 0)) return this.fail(1002, "fragments out of place");
    let [length, at] = [second & 127, 2];
    if (length === 126) {
      if (bytes.length < 4) return null;
      [length, at] = [bytes.readUInt16BE(2), 4];
    } else if (length === 127) {
      if (bytes.length < 10) return null;
      [length, at] = [Number(bytes.readBigUInt64BE(2)), 10];
    }
    if (!control && this.size + length > this.largest) return this.fail(1009, "message too large");
    if (bytes.length < at + 4 + length) return null;
    const mask = bytes.subarray(at, at + 4);
    const payload = Buffer.from(bytes.subarray(at + 4, at + 4 + length));
    for (let i = 0; i < length; i++) payload[i] ^= mask[i & 3];
    if (control) this.control(opcode, payload);
    else this.piece(opcode, fin, payload);
    return bytes.subarray(at + 4 + length);
  }
  piece(opcode, fin, payload) {
    if (opcode) this.kind = opcode;
    this.pieces.push(payload);
    this.size += payload.length;
    if (!fin) return;
    const [kind, message] = [this.kind, Buffer.concat(this.pieces)];
    Object.assign(this, { kind: 0, pieces: [], size: 0 });
    if (this.closing) return;
    if (kind === BINARY) { this.on.binary(); return; }
    let text;
    try { text = UTF8.decode(message); } catch { this.fail(1007, "not UTF-8"); return; }
    this.on.text(text);
  }
  control(opcode, payload) {
    if (opcode === CLOSE) { this.closed(payload); return; }
    if (this.closing) return;
    this.on.control();
    if (opcode === PING) this.write(frame(PONG, payload));
    else this.on.pong();
  }
  closed(payload) {
    if (!this.closing) {
      if (payload.length === 1) { this.fail(1002, "half a code"); return; }
      if (payload.length && !ALLOWED(payload.readUInt16BE(0))) { this.fail(1002, "no such code"); return; }
      try { UTF8.decode(payload.subarray(2)); } catch { this.fail(1007, "not UTF-8"); return; }
      this.socket.write(frame(CLOSE, payload.subarray(0, 2)));
      this.closing = true;
    }
    this.failed = true;
    this.hangUp();
  }
  // Who breaks the rules is told so, and not read any further: what is still to come has no end.
  fail(code, reason) {
    this.close(code, reason);
    this.failed = true;
    this.socket.destroySoon();
    return null;
  }
  ping() { this.write(frame(PING, "")); }
}
export { TEXT };
