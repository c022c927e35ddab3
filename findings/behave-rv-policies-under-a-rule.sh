#!/usr/bin/env bash
# behave-rv: a policy under a Rule is not watched at all, rows of an outline are not filled in, and a Background opens no scope.
#
# Expected: README: policies are ordinary .feature files, and what is recognized but not supported is refused when they are
#   compiled, rather than silently accepted; it lists Given, When, And, two keys. So Rule, Scenario Outline and Background, which are in
#   neither list, work or are refused.
# Seen: behave-rv 0.5.0 takes feature.scenarios of behave's parser and each one's own steps. Scenarios under a Rule are not in it: no
#   policy, no warning, no verdict, exit code as if all were well. An outline is one policy about the text "<state>", which no event ever
#   has: pending for ever. A Given in the Background is dropped, so that what is forbidden in the scope only is forbidden
#   everywhere: the client that ticks before its connection is closed violates "no tick after the close".
# Why it matters: it is for watching a live stream by the sentences of the tests. Once the file is grouped into Rules, as one does when it grows,
#   the monitor runs on and watches nothing; and the Background one gives false alarms for every client.
# Way to live with it: compare the number of compiled policies with the scenarios that behave --dry-run counts; one trace that must violate
#   each policy, in CI; scopes in the scenarios themselves.
# Versions: behave-rv 0.5.0 (the newest), behave 1.3.3, Python 3.11.7. Neither README nor the documents in the package have a word on
#   Rule, Outline or Background.
#
# Output seen (Alice is subscribed, ticks, is closed, ticks; Bob is subscribed, ticks, is closed):
#   the policy is written       policies  Alice      Bob
#   as a Scenario               1         violated   pending     (right)
#   as a Scenario under a Rule  0         -          -
#   as a Scenario Outline       1         pending    pending
#   with Given in a Background  1         violated   violated
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check behave-rv==0.5.0 behave==1.3.3 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import sys
import warnings

from behave_rv.compile.compiler import compile_feature
from behave_rv.engine.loop import Engine
from behave_rv.events.event import Event
from behave_rv.events.sources.inprocess import InProcessSource
from behave_rv.steps import default_registry, trigger

warnings.simplefilter("error")
SCENARIO = """Scenario: no tick after the close
Given a client is "closed"
Then a client is "ticked" never happens
"""
FEATURES = {
    "as a Scenario": SCENARIO,
    "as a Scenario under a Rule": "Rule: a closed client is silent\n" + SCENARIO,
    "as a Scenario Outline": SCENARIO.replace("Scenario:", "Scenario Outline:").replace("ticked", "<state>")
    + "Examples:\n| state |\n| ticked |\n",
    "with Given in a Background": 'Background:\nGiven a client is "closed"\n' + SCENARIO.replace('Given a client is "closed"\n', ""),
}
TRACES = {"Alice": ["subscribed", "ticked", "closed", "ticked"], "Bob": ["subscribed", "ticked", "closed"]}


@trigger('a client is "{state}"', step_id="client.state.is", event_type="client.state", correlation_key="client")
def client_is(context, event, state):
    return event.payload["state"] == state


print("the policy is written       policies  Alice      Bob", flush=True)
seen = []
for title, text in FEATURES.items():
    policies = compile_feature("Feature: Ticks\n" + text, default_registry)
    source = InProcessSource()
    for client, states in TRACES.items():
        for second, state in enumerate(states):
            source.emit(Event("client.state", float(second), {"client": client}, {"state": state}, "trace"))
    verdicts = Engine(policies, terminal_event_types={"client.gone"}).run(source, emit_pending=True)
    told = {verdict.entity_key["client"]: verdict.verdict for verdict in verdicts}
    row = [len(policies), *(told.get(client, "-") for client in TRACES)]
    seen.append(row)
    print(f"{title:<27} {row[0]:<9} {row[1]:<10} {row[2]:<11} {'' if len(seen) > 1 else '(right)'}".rstrip(), flush=True)
if seen != [[1, "violated", "pending"], [0, "-", "-"], [1, "pending", "pending"], [1, "violated", "violated"]]:
    sys.exit("not as described any more")
PROBE
venv/bin/python probe.py
