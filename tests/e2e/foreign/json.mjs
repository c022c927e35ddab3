// JSON as it is written: whole numbers stay exact (BigInt), a member that comes twice is an error, and
// nesting has an end. JSON.parse knows none of these.
const DEEPEST = 64;
const SPACE = /[ \t\r\n]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const WORD = /true|false|null/y;

export function parse(text) {
  let at = 0;
  const fail = () => { throw new Error("not JSON"); };
  const match = (pattern) => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) at = pattern.lastIndex;
    return found;
  };
  const next = () => { match(SPACE); return text[at]; };
  const take = (character) => { if (next() !== character) fail(); at++; };
  const string = () => { next(); const found = match(STRING); return found ? JSON.parse(found[0]) : fail(); };
  function value(depth) {
    if (depth > DEEPEST) throw new Error("nested too deeply");
    const first = next();
    if (first === "{") return object(depth);
    if (first === "[") return list(depth);
    if (first === '"') return string();
    let found = match(NUMBER);
    if (found) {
      if (found[0].length > 400) throw new Error("a number too long");
      return found[1] || found[2] ? Number(found[0]) : BigInt(found[0]);
    }
    found = match(WORD);
    return found ? { true: true, false: false, null: null }[found[0]] : fail();
  }
  function object(depth) {
    const members = new Map();
    take("{");
    if (next() === "}") { at++; return members; }
    for (;;) {
      const name = string();
      if (members.has(name)) throw new Error("a member comes twice");
      take(":");
      members.set(name, value(depth + 1));
      if (next() === "}") { at++; return members; }
      take(",");
    }
  }
  function list(depth) {
    const values = [];
    take("[");
    if (next() === "]") { at++; return values; }
    for (;;) {
      values.push(value(depth + 1));
      if (next() === "]") { at++; return values; }
      take(",");
    }
  }
  const whole = value(0);
  if (next() !== undefined) fail();
  return whole;
}
