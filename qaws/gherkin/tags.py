"""The grammar of tags: when a scenario runs, how grave it is, and what it needs of a target."""

from __future__ import annotations

KINDS = ("integration", "load", "security")
PRIORITIES = ("p0", "p1", "nightly")
"""When a scenario runs: at each sign-off, when asked for, or at night because it takes hours."""
SEVERITIES = ("blocker", "critical", "normal", "minor", "trivial")

NEED = "needs."
CAPABILITIES = (
    "mint",
    "launch",
    "configure",
    "inject",
    "observe",
    "statistics",
    "outage",
    "relay",
    "own-publisher",
    "browser",
    "large-integers",
    "key-ids",
    "private-statistics",
    "entitlements",
    "rotation",
    "revocation",
    "revocation-of-one-token",
    "revocation-of-sessions",
    "announcements",
    "swarm",
    "user-limit",
    "token-reuse",
    "pings-within-60-s",
    "token-types",
    "audience-lists",
    "issue-times",
    "required-claims",
    "finite-expiries",
    "deep-nesting",
    "silent-pongs",
    "failure-codes",
    "counted-control-frames",
    "few-headers",
    "long-messages",
    "repeated-members",
    "checked-payloads",
    "origins-as-text",
    "outage-told-to-newcomers",
    "tls",
    "proxy",
)
"""What a scenario may need of a target: `@needs.inject`."""

WHOLE_RUN = "whole-run"
"""Bears what is about the whole run: its clients connect before any scenario, and it goes last."""

BY_CLAUSE = "by-clause"
"""Bears a scenario whose Thens are judged each by itself, also behind one that is not kept."""

EXTRAS = ("scale", "wip", WHOLE_RUN, BY_CLAUSE)

CLOSING_STEP = (
    "every client has received exactly what it was due, in frames that conform to the contract"
)
"""The step that the suite adds to every scenario."""
