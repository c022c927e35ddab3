#!/usr/bin/env bash
# CloudEvents: the price "1.10" from Node.js is 1.1 in Python, the volume 0 from Python is nothing in Node.js, and nanoseconds end at three digits.
#
# Expected: data with the content type application/json is JSON in both modes of HTTP, whoever writes and whoever reads; `time` is a
#   timestamp of RFC 3339, with any number of digits, and comes through as it was sent.
# Seen: cloudevents 10.0.0 (npm) writes data that is a string into the body as it is in binary mode: the text "1.10" is the body 1.10, which
#   cloudevents 1.13.0 (PyPI) reads as a number, "null" as None, and "0123", no JSON, as bytes without an error. In structured mode all is
#   right. From Python the other way: 0 and False are the texts "0" and "false" in Node.js in binary mode and undefined in structured. The
#   time is cut to milliseconds and moved to UTC when Node.js reads or writes an event; Python keeps it.
# Why it matters: prices are sent as text so that they stay exact, and are floats behind one hop. A volume, a position or a change of 0 is "no data". Ticks
#   of one millisecond lose their order, and the time of an event is not equal to the one in its data.
# Way to live with it: objects as data, {"price": "1.10"}, never a bare value; nanoseconds in the data; in tests each language reads what the other
#   has written, in both modes, with "1.10", 0 and nine digits of a second.
# Versions: cloudevents 10.0.0 (npm), cloudevents 1.13.0 (PyPI), Node.js 20, Python 3.11. Nothing found about it.
#
# Output seen:
#   data                from Node.js in Python            from Python in Node.js
#                       binary           structured       binary           structured
#   "1.10"              1.1              '1.10'           "1.10"           "1.10"
#   "null"              None             'null'           "null"           "null"
#   "0123"              b'0123'          '0123'           "0123"           "0123"
#   0                   0                0                "0"              undefined
#   false               False            False            "false"          undefined
#   {"price":"1.10"}    {'price': '1.10'} {'price': '1.10'} {"price":"1.10"} {"price":"1.10"}
#   time 2026-06-08T11:30:00.123456789+02:00: 2026-06-08T09:30:00.123Z in Node.js, 2026-06-08T11:30:00.123456789+02:00 in Python
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check cloudevents==1.13.0 >pip.log 2>&1 || { cat pip.log; exit 1; }
npm install --silent --no-audit --no-fund --ignore-scripts cloudevents@10.0.0

echo '["1.10", "null", "0123", 0, false, {"price": "1.10"}]' > values.json
echo '"2026-06-08T11:30:00.123456789+02:00"' > time.json
cat > events.cjs <<'EVENTS'
const fs = require("fs");
const { CloudEvent, HTTP } = require("cloudevents");
const values = require("./values.json");
const event = (data) => new CloudEvent({ id: "1", source: "/feed", type: "tick", time: require("./time.json"), datacontenttype: "application/json", data });
const message = ({ headers, body }) => ({ headers, body: String(body !== null && typeof body === "object" ? JSON.stringify(body) : body) });
if (process.argv[2] === "write") {
  fs.writeFileSync("node.json", JSON.stringify(values.map((value) => [HTTP.binary(event(value)), HTTP.structured(event(value))].map(message))));
} else {
  const read = (sent) => { const got = HTTP.toEvent(sent); return [String(JSON.stringify(got.data)), got.time]; };
  fs.writeFileSync("read.json", JSON.stringify(require("./python.json").map((modes) => modes.map(read))));
}
EVENTS
cat > probe.py <<'PROBE'
import json
import subprocess
import sys

from cloudevents.conversion import to_binary, to_structured
from cloudevents.http import CloudEvent, from_http

values, time = json.load(open("values.json")), json.load(open("time.json"))
subprocess.run(["node", "events.cjs", "write"], check=True)
written = []
for value in values:
    event = CloudEvent({"id": "1", "source": "/feed", "type": "tick", "time": time, "datacontenttype": "application/json"}, value)
    written.append([{"headers": headers, "body": body.decode()} for headers, body in (to_binary(event), to_structured(event))])
json.dump(written, open("python.json", "w"))
subprocess.run(["node", "events.cjs", "read"], check=True)

in_node = json.load(open("read.json"))
in_python = [[from_http({k: str(v) for k, v in sent["headers"].items()}, sent["body"].encode()) for sent in modes]
             for modes in json.load(open("node.json"))]
print("data                from Node.js in Python            from Python in Node.js")
print("                    binary           structured       binary           structured")
table = []
for value, python, node in zip(values, in_python, in_node):
    table.append([repr(python[0].data), repr(python[1].data), node[0][0], node[1][0]])
    print(f"{json.dumps(value, separators=(',', ':')):19}", " ".join(f"{cell:16}" for cell in table[-1]).rstrip())
again = from_http(*to_binary(CloudEvent({"source": "/feed", "type": "tick", "time": time}, {})))["time"]
print(f"time {time}: {in_node[0][0][1]} in Node.js, {again} in Python")

if (table[0], table[3], table[4][3], in_node[0][0][1], again) != (
        ["1.1", "'1.10'", '"1.10"', '"1.10"'], ["0", "0", '"0"', "undefined"], "undefined", "2026-06-08T09:30:00.123Z", time):
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py
