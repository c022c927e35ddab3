#!/usr/bin/env bash
# JSON Patch: the recorded snapshot of 09:00 holds the book of 17:00, and two clients that got one patch share one book.
#
# One would expect: a patch is a message. It is applied and stays what it was; applied to two documents it makes two documents.
# What happens: fast-json-patch 3.1.1 and json8-patch 1.0.6 put the object of an add or replace into the document itself. The next patch
#   changes that object, and with it the patch before: kept in a list for a replay, "add /AAPL with an empty book" is in the end
#   "add /AAPL with all that came later", and a level that was removed is there again at the start. Given to two documents in one process, a
#   change of one is seen in the other. json8-patch does the same inside a document: what copy has made moves along with its
#   origin. rfc6902, jiff, jsonpatch (npm) and jsonpatch (PyPI) copy. A price, being no object, is safe in all of them.
# Why it matters: feeds of the kind "snapshot, then patches" are recorded in a test and compared, or given to a hundred simulated
#   clients in one process. The recording proves nothing (it holds the end from the start), and a client that lost an update has it all the
#   same, from its neighbour. Over a socket, where each has its own copy by way of JSON, all is right.
# Live with it: record the text and parse it for each document; or structuredClone(patch) before applying. In tests a second change below the
#   added object, and the first patch compared after it.
# Versions: fast-json-patch 3.1.1, json8-patch 1.0.6, rfc6902 5.4.0, jiff 0.7.3, jsonpatch 3.1.0 (npm), Node.js 20.20.2; jsonpatch 1.48 (PyPI), Python 3.11.
# Documented: fast-json-patch says in one line of its README that values are taken by reference. Issue 137 of
#   stefankoegl/python-json-patch is about one JsonPatch object applied twice; apply_patch() was found to copy. Nothing found for json8-patch.
# Seen (patch 1: add /AAPL {bids: {}}; patch 2: add /AAPL/bids/100; "twin": a second document that got patch 1 only; "copy": a copy of bids after
# a change of bids):
#   fast-json-patch   patch 1 afterwards {"bids":{"100":5}}   twin {"bids":{"100":5}}   copy {"100":5}
#   json8-patch       patch 1 afterwards {"bids":{"100":5}}   twin {"bids":{"100":5}}   copy {"100":6}
#   rfc6902           patch 1 afterwards {"bids":{}}          twin {"bids":{}}          copy {"100":5}
#   jiff              patch 1 afterwards {"bids":{}}          twin {"bids":{}}          copy {"100":5}
#   jsonpatch (npm)   patch 1 afterwards {"bids":{}}          twin {"bids":{}}          copy {"100":5}
#   jsonpatch (PyPI)  patch 1 afterwards {"bids":{}}          twin {"bids":{}}          copy {"100":5}
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 143' INT TERM
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts fast-json-patch@3.1.1 json8-patch@1.0.6 rfc6902@5.4.0 jiff@0.7.3 jsonpatch@3.1.0 >npm.log 2>&1 || { cat npm.log; exit 1; }
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check jsonpatch==1.48

cat > probe.cjs <<'PROBE'
const fast = require("fast-json-patch");
const json8 = require("json8-patch");
const jiff = require("jiff");
const { apply_patch } = require("jsonpatch");
const { applyPatch } = require("rfc6902");
const ways = {
  "fast-json-patch": (book, patch) => fast.applyPatch(book, patch).newDocument,
  "json8-patch": (book, patch) => json8.apply(book, patch).doc,
  "rfc6902": (book, patch) => (applyPatch(book, patch), book),
  "jiff": (book, patch) => jiff.patch(patch, book),
  "jsonpatch (npm)": apply_patch,
};
for (const [name, apply] of Object.entries(ways)) {
  const first = [{ op: "add", path: "/AAPL", value: { bids: {} } }];
  const book = apply({}, first);
  const twin = apply({}, first);
  apply(book, [{ op: "add", path: "/AAPL/bids/100", value: 5 }]);
  const copied = apply({ bids: { 100: 5 } }, [{ op: "copy", from: "/bids", path: "/before" }]);
  const { before } = apply(copied, [{ op: "replace", path: "/bids/100", value: 6 }]);
  console.log([name, ...[first[0].value, twin.AAPL, before].map((value) => JSON.stringify(value))].join("\t"));
}
PROBE
cat > probe.py <<'PROBE'
import json
import subprocess
import sys

from jsonpatch import apply_patch

rows = [line.split("\t") for line in subprocess.check_output(["node", "probe.cjs"], text=True, timeout=30).splitlines()]
first = [{"op": "add", "path": "/AAPL", "value": {"bids": {}}}]
book, twin = {}, {}
for document in (book, twin):
    apply_patch(document, first, in_place=True)
apply_patch(book, [{"op": "add", "path": "/AAPL/bids/100", "value": 5}], in_place=True)
copied = {"bids": {"100": 5}}
apply_patch(copied, [{"op": "copy", "from": "/bids", "path": "/before"}], in_place=True)
apply_patch(copied, [{"op": "replace", "path": "/bids/100", "value": 6}], in_place=True)
rows.append(["jsonpatch (PyPI)", *(json.dumps(value, separators=(",", ":")) for value in (first[0]["value"], twin["AAPL"], copied["before"]))])
for name, patch, other, copy in rows:
    print(f"{name:17} patch 1 afterwards {patch:20} twin {other:20} copy {copy}")
full, empty, right = '{"bids":{"100":5}}', '{"bids":{}}', [['{"bids":{}}', '{"bids":{}}', '{"100":5}']]
if [row[1:] for row in rows] != [[full, full, '{"100":5}'], [full, full, '{"100":6}'], *right * 4]:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python probe.py
