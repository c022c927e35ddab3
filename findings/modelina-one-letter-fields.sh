#!/usr/bin/env bash
# Modelina: a tick with the fields p and P gets a class with one field, of the one's name and the
# other's type.
#
# Expected: two properties of a schema are two members, or the generator says that their names clash.
# Seen: @asyncapi/modelina 5.10.1 makes names for the language and keeps the first that has the name
#   with the last one's type. Of p (price change, a text) and P (in percent, a number) Python,
#   TypeScript, Java, Go, Kotlin and JavaScript get one member: the value of "p", declared as P's
#   number. No warning, and "required" of P is not asked. Rust and C# keep both (reserved_p).
# Why it matters: the ticker of Binance and of those that follow it uses letters in both cases: e and
#   E, p and P, c and C, q and Q. The generated client holds half of a tick, tests made from it
#   never look at the other half. In Python last-qty beside lastQty goes the same way.
# Way to live with it: after generating, count: members of each class == properties of its schema; or
#   say names by hand (the property-key constraint of the generator takes a function).
# Versions: @asyncapi/modelina 5.10.1. No issue found about it. datamodel-code-generator 0.89.0 (PyPI)
#   keeps both letters from the same schema.
#
# Output seen:
#   schema      e E s p P c C q Q
#   Python      e: int, s: str, p: float, c: int, q: str
#   TypeScript  e: number, s: string, p: number, c: number, q: string
#   Java        e: int, s: String, p: double, c: int, q: String
#   Rust        e: String, reserved_e: i32, s: String, p: String, reserved_p: f64, c: String, …
#   Python, read: {"p": "-1.20", "P": -0.05} -> p = '-1.20', P is nowhere
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts @asyncapi/modelina@5.10.1

cat > generate.cjs <<'GENERATE'
const fs = require("fs");
const modelina = require("@asyncapi/modelina");
const text = { type: "string" };
const integer = { type: "integer" };
const properties = {
  e: text,
  E: integer,
  s: text,
  p: text,
  P: { type: "number" },
  c: text,
  C: integer,
  q: text,
  Q: text,
};
const schema = {
  $schema: "http://json-schema.org/draft-07/schema#",
  $id: "Tick",
  type: "object",
  additionalProperties: false,
  required: Object.keys(properties),
  properties,
};
const members = {
  Python: /self\._(\w+): (\w+) = input/g,
  TypeScript: /private _(\w+): (\w+);/g,
  Java: /private (\w+) (\w+);/g,
  Rust: /pub (\w+): (\w+),/g,
};
(async () => {
  console.log("schema".padEnd(11), Object.keys(properties).join(" "));
  for (const [language, pattern] of Object.entries(members)) {
    const generator = new modelina[`${language}Generator`]();
    const [model] = await generator.generate(schema);
    if (language === "Python") fs.writeFileSync("tick.py", model.result);
    const found = [...model.result.matchAll(pattern)].map(([, first, second]) =>
      language === "Java" ? `${second}: ${first}` : `${first}: ${second}`,
    );
    console.log(language.padEnd(11), found.join(", "));
  }
})();
GENERATE
node generate.cjs | tee seen
cat > read.py <<'READ'
from __future__ import annotations

exec(compile(open("tick.py").read(), "tick.py", "exec", flags=annotations.compiler_flag))
tick = Tick({"e": "24hrTicker", "E": 1, "s": "A", "p": "-1.20", "P": -0.05, "c": "9", "C": 2, "q": "7", "Q": "8"})
assert tick.p == "-1.20" and not hasattr(tick, "P") and -0.05 not in vars(tick).values()
print("Python, read:", '{"p": "-1.20", "P": -0.05}', "-> p =", repr(tick.p) + ",", "P is nowhere")
READ
python3 read.py
grep -qx 'Python      e: int, s: str, p: float, c: int, q: str' seen
grep -qx 'TypeScript  e: number, s: string, p: number, c: number, q: string' seen
grep -q 'Rust .*reserved_p: f64' seen
