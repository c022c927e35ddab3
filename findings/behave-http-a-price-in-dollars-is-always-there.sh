#!/usr/bin/env bash
# behave-http: the body "contains" each price in dollars, and each expectation whose variable is not set; a path without one is the root.
#
# Expected: 'the response body should contain "$189.50"' looks for that text; a variable of the environment that is not there is an
#   error.
# Seen: behave-http 0.1.1 takes each argument that begins with $ for the name of a variable of the environment and puts its value there, or
#   nothing when there is none. Nothing is in each text, so "should contain" is met by any body, an empty one too. A path becomes
#   the root of the service, which answers 200; a header is sent empty, or expected to be.
# Why it matters: dollar prices are what a price service answers, and EXPECTED is set on the developer's machine and not in CI: there the
#   step is green for ever.
# Way to live with it: "189.50" without the sign; JSON steps in place of texts; a before_all that asks for the variables; one step that must fail.
# Versions: behave-http 0.1.1 (the newest on PyPI), behave 1.3.3, jpath 1.6, purl 1.6, ensure 1.0.4, Python 3.11.7. That $ is for the environment is in
#   the code only; nothing found about it.
#
# Output seen (the service answers {"price": "$99.00"} to each request):
#   body should contain "99.00"                     passed
#   body should contain "189.50"                    failed
#   body should contain "$189.50"                   passed
#   body should contain "$EXPECTED", set to 189.50  failed
#   body should contain "$EXPECTED", not set        passed
#   GET request to "$ORDERS", not set               passed, GET /
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check behave-http==0.1.1 behave==1.3.3 'setuptools<80' jpath==1.6 purl==1.6 ensure==1.0.4 \
  >pip.log 2>&1 || { cat pip.log; exit 1; }

mkdir -p features/steps
echo "from behave_http.environment import before_scenario" > features/environment.py
echo "from behave_http.steps import *" > features/steps/steps.py
cat > probe.py <<'PROBE'
import http.server
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

asked = []


class Service(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        asked.append(f"{self.command} {self.path}")
        body = json.dumps({"price": "$99.00"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


service = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=service.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{service.server_address[1]}"


def run(then, path="/price", **environment):
    steps = [f'Given I am using server "{url}"', f'When I make a GET request to "{path}"', f"Then the {then}"]
    lines = ["Feature: prices", "  Scenario: one", *(f"    {step}" for step in steps)]
    Path("features/prices.feature").write_text("\n".join(lines) + "\n")
    command = [sys.executable, "-W", "ignore", "-m", "behave", "-f", "json", "-o", "report.json", "features"]
    subprocess.run(command, capture_output=True, env=os.environ | environment)
    return json.loads(Path("report.json").read_text())[0]["status"]


def row(name, value):
    print(name.ljust(47), value, flush=True)
    seen.append(value)


seen = []
for text in ("99.00", "189.50", "$189.50"):
    row(f'body should contain "{text}"', run(f'response body should contain "{text}"'))
row('body should contain "$EXPECTED", set to 189.50', run('response body should contain "$EXPECTED"', EXPECTED="189.50"))
row('body should contain "$EXPECTED", not set', run('response body should contain "$EXPECTED"'))
status = run("response status should be 200", path="$ORDERS")
row('GET request to "$ORDERS", not set', f"{status}, {asked[-1]}")
service.shutdown()
if seen != ["passed", "failed", "passed", "failed", "passed", "passed, GET /"]:
    sys.exit("not as described any more")
PROBE
timeout 80 venv/bin/python -W ignore probe.py
