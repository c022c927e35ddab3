#!/usr/bin/env bash
# tradestation-api-python: environment="SIM" is the live account, and so is "paper" and "Simulation " with a blank; only a ClientConfig object refuses them.
#
# Expected: the client knows two environments, "Live" or "Simulation". Another word is refused, as is none at all ("Environment must be specified"); and where a program
#   has to guess, it guesses the one without money.
# Seen: TradeStationClient of tradestation-api-python 1.3.3 takes "Simulation" in any case for the simulation and all else for "Live": as a parameter, in the dict of
#   its README, and in the variable ENVIRONMENT. "SIM", which is TradeStation's own word for it and the name of its host (sim.api.tradestation.com), is the real account. The
#   same word in ClientConfig(environment="SIM") raises a ValidationError, as it should; the dict has been made "Live" before it gets there. Nothing is printed
#   without debug=True.
# Why it matters: an acceptance test of orders runs with ENVIRONMENT=sim in CI, all is green, and the orders were real. A stray blank behind the value in a .env file or in a
#   secret does the same to a set-up that has worked.
# Way to live with it: ClientConfig in place of a dict or the variable; an assertion on client.http_client.base_url before the first order, in the tests too.
# Versions: tradestation-api-python 1.3.3 (PyPI), pydantic 2.12.5, aiohttp 3.13.2, Python 3.11. Source: __init__ in tradestation/client/tradestation_client.py, HttpClient in
#   client/http_client.py. Nothing found about it. The script makes clients and sends nothing.
#
# Output seen:
#   "Simulation"   parameter, dict and variable: sim.api.tradestation.com    ClientConfig: sim.api.tradestation.com
#   "simulation"   parameter, dict and variable: sim.api.tradestation.com    ClientConfig: sim.api.tradestation.com
#   "SIM"          parameter, dict and variable: api.tradestation.com        ClientConfig: ValidationError
#   "paper"        parameter, dict and variable: api.tradestation.com        ClientConfig: ValidationError
#   "Simulation "  parameter, dict and variable: api.tradestation.com        ClientConfig: ValidationError
#   "Live"         parameter, dict and variable: api.tradestation.com        ClientConfig: api.tradestation.com
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check --no-compile tradestation-api-python==1.3.3 pydantic==2.12.5 aiohttp==3.13.2 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import os
import sys

from tradestation import TradeStationClient
from tradestation.ts_types.config import ClientConfig

SECRETS = {"client_id": "id", "refresh_token": "token"}


def by_parameter(word):
    return TradeStationClient(dict(SECRETS), environment=word)


def by_dict(word):
    return TradeStationClient({**SECRETS, "environment": word})


def by_variable(word):
    os.environ["ENVIRONMENT"] = word
    return TradeStationClient(dict(SECRETS))


def by_config(word):
    return TradeStationClient(ClientConfig(**SECRETS, environment=word))


seen = {}
for word in ("Simulation", "simulation", "SIM", "paper", "Simulation ", "Live"):
    for way in (by_parameter, by_dict, by_variable, by_config):
        try:
            seen[word, way] = way(word).http_client.base_url.removeprefix("https://")
        except ValueError as error:
            seen[word, way] = type(error).__name__
    others = {seen[word, way] for way in (by_parameter, by_dict, by_variable)}
    quoted = f'"{word}"'
    print(f"{quoted:<14} parameter, dict and variable: {' or '.join(sorted(others)):<27} ClientConfig: {seen[word, by_config]}")
LIVE, SIMULATION = "api.tradestation.com", "sim.api.tradestation.com"
for (word, way), host in seen.items():
    if word in ("Simulation", "simulation"):
        expected = SIMULATION
    elif word == "Live" or way is not by_config:
        expected = LIVE
    else:
        expected = "ValidationError"
    if host != expected:
        sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py
