"""All faults, by name, in the order of the specification; a module is loaded when it is needed."""

from __future__ import annotations

import difflib
from functools import cache
from importlib import import_module
from pathlib import Path

from faults.fault import Fault

CAPABILITIES = {
    "connections": "connections",
    "frames": "frames",
    "eager clients": "eager_clients",
    "departures": "departures",
    "authentication": "authentication",
    "broadcasting": "broadcasting",
    "contents": "contents",
    "rare contents": "rare_contents",
    "fan-out": "fan_out",
    "subscriptions": "subscriptions",
    "what a subscription stands for": "selections",
    "reconnecting": "reconnect",
    "error handling": "errors",
    "idle timeout": "idle",
    "connection limit": "limits",
    "broker outage": "outage",
    "startup": "startup",
    "silent link": "silent_link",
    "broken or slow link": "feed_link",
    "deployment": "deployment",
    "load": "load",
    "slow consumers": "slow_consumers",
    "soak": "soak",
    "launchers": "launcher",
    "connection storm": "storm",
    "origins": "origins",
    "tokens": "tokens",
    "places of tokens": "token_places",
    "token expiry": "expiry",
    "keys of the issuer": "key_rotation",
    "revoked tokens": "revocation",
    "entitlements": "entitlements",
    "statistics": "statistics_access",
    "isolation": "isolation",
    "traces of tokens": "token_traces",
    "attacks": "attacks",
    "handshakes": "handshakes",
    "other handshakes": "handshake_forms",
    "feed": "feed",
    "own publisher": "own_publisher",
    "keepalive": "keepalive",
    "browser": "browser",
    "compression": "compression",
    "quiet clients": "quiet",
    "TLS": "tls",
    "reverse proxies": "proxy",
}
"""Capability → the module of `faults` that breaks it."""


class UnknownFault(Exception):
    """No fault has this name; the message says which one is nearest."""


@cache
def all_faults() -> dict[str, Fault]:
    """Return every fault by name. This loads all modules, and with them most of `app`."""
    faults: dict[str, Fault] = {}
    for module in CAPABILITIES.values():
        for each in _faults_of(module):
            if each.name in faults:
                raise ValueError(f"two faults are called {each.name}")
            faults[each.name] = each
    return faults


def find(name: str) -> Fault:
    """Return the fault of this name; only its module is loaded.

    Raises:
        UnknownFault: there is none.
    """
    patch = f"\ndef {name.replace('-', '_')}() -> None:\n"
    for module in CAPABILITIES.values():
        if patch in Path(__file__).with_name(f"{module}.py").read_text(encoding="utf-8"):
            for each in _faults_of(module):
                if each.name == name:
                    return each
    nearest = difflib.get_close_matches(name, all_faults(), n=1, cutoff=0)[0]
    raise UnknownFault(
        f"{name}: no such fault; did you mean {nearest}? (python -m faults lists all)"
    )


def _faults_of(module: str) -> list[Fault]:
    return [
        each for each in vars(import_module(f"faults.{module}")).values() if isinstance(each, Fault)
    ]
