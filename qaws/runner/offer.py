"""Which scenarios a target lets run, and why the others will not be verified."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from behave.model import Feature, Scenario

from qaws.gherkin.tags import NEED, PRIORITIES
from qaws.gherkin.types import setting
from qaws.ids import test_id
from qaws.sut.sections import TOKEN_LOCATIONS
from qaws.sut.target import Target

SETTING = re.compile(r"running (?:behind a reverse proxy, )?with ((?:an?|its default) .+)")
LOG_LEVEL = "logs at the level"
COMES_FROM = {
    "mint": "[auth] generate_key, key_file or secret_variable",
    "launch": "[launch]",
    "observe": "[launch]",
    "configure": "[launch] with [settings]",
    "inject": "[feed]",
    "statistics": "[statistics]",
    "entitlements": "[auth] entitlement_claim",
    "rotation": "[auth] generate_key with {jwks_file} or {jwks_url} in [launch]",
    "revocation": "[revocation]",
    "revocation-of-one-token": '[revocation] of = "token"',
    "revocation-of-sessions": "[revocation] sessions",
    "user-limit": '[settings] "user limit"',
    "token-reuse": "[auth] without single_use",
    "outage": "[grants] outage, or an embedded broker",
    "relay": "{broker_url} in [launch]",
    "tls": '[endpoint] ca_file for a wss:// url, or [settings] "certificate" and "certificate key"',
    "proxy": "[proxy], or [endpoint] behind_proxy",
    "own-publisher": "[feed] own_publisher",
    "swarm": "[feed] over Redis, NATS, MQTT, Kafka or WebSocket",
    "announcements": "degraded and recovered in [dialect.recognise]",
}
"""What a scenario may need → what in a target file gives it."""


def lacks(target: Target, needs: Collection[str]) -> str:
    """Say what a target lacks, or else declines, of what a scenario needs; "" for nothing."""
    declined = {agreement.replace(" ", "-") for agreement in target.declines}
    absent = set(needs) - target.capabilities
    missing = sorted(absent - declined)
    verb, what = ("lacks", missing) if missing else ("declines", sorted(absent))
    told = [
        f"{each} ({COMES_FROM[each]})" if each in COMES_FROM else each.replace("-", " ")
        for each in what
    ]
    return f"the target {target.name} {verb}: {', '.join(told)}" if told else ""


WHAT_IT_IS = {
    "[statistics]": "an address at which the service counts its connections and subscriptions",
    "[launch]": "the command by which the suite starts the service",
    "[launch] with [settings]": "that command, and the variables that scenarios set",
    "[feed]": "where the suite publishes ticks",
    COMES_FROM["mint"]: "what the suite signs tokens with",
    COMES_FROM["entitlements"]: "the claim that lists what a user may see",
    COMES_FROM["rotation"]: "a key set that the suite may change",
    COMES_FROM["revocation"]: "how a token is taken back",
    COMES_FROM["relay"]: "an address of the broker that the suite fills in",
    COMES_FROM["outage"]: "a broker that the suite may stop",
}
"""What in a target file gives something, in words."""
GAINS = ("needs ", "[settings] has no ")
"""How reasons begin that a line in the target file would do away with."""


@dataclass(slots=True)
class Row:
    """One test: how many of its scenarios and rows run, and why the others do not.

    Attributes:
        id: such as "QA-WS-006".
        title: of its first scenario, without the id.
        priority: "p0", "p1" or "nightly".
        rows: how many scenarios there are, outline rows one by one.
        lacking: reason → how many rows it keeps from running.
    """

    id: str
    title: str
    priority: str
    rows: int = 0
    lacking: Counter[str] = field(default_factory=Counter)

    @property
    def running(self) -> int:
        """Return how many rows run."""
        return self.rows - self.lacking.total()

    @property
    def reasons(self) -> str:
        """Say why rows do not run, "" where all do."""
        few = self.lacking.total() > 1
        return "; ".join(f"{why} ({n})" if few else why for why, n in self.lacking.items())


def offers(
    features: Iterable[Feature], target: Target, lacking: Mapping[str, str] | None = None
) -> list[Row]:
    """Return one row for each test and priority, by id.

    Args:
        features: parsed feature files.
        target: what it says decides.
        lacking: further needs that cannot be met, with the reason.
    """
    found: dict[tuple[str, str], Row] = {}
    for feature in features:
        for scenario in feature.walk_scenarios():
            name, priority = test_id(scenario), priority_of(scenario)
            if not name or not priority:
                continue
            title = scenario.name.removeprefix(name).strip().split(" -- ")[0]
            row = found.setdefault((name, priority), Row(name, title, priority))
            row.rows += 1
            if why := why_not(scenario, target, lacking or {}):
                row.lacking[why] += 1
    return sorted(found.values(), key=lambda row: (row.id, PRIORITIES.index(row.priority)))


def most_gained(rows: Iterable[Row]) -> str:
    """Say what would let the most rows run, were it in the target file; "" for nothing."""
    lacking: Counter[str] = Counter()
    for row in rows:
        lacking.update({why: n for why, n in row.lacking.items() if why.startswith(GAINS)})
    if not lacking:
        return ""
    [(why, count)] = lacking.most_common(1)
    what = why.removeprefix("needs ").replace("[settings] has no", "[settings]")
    told = f" ({WHAT_IT_IS[what]})" if what in WHAT_IT_IS else ""
    return f"the most is gained by {what}{told}: {count} row{'s' * (count != 1)} wait for it"


def priority_of(scenario: Scenario) -> str:
    """Return when a scenario runs, "" where it never does by itself."""
    return next((tag for tag in PRIORITIES if tag in scenario.effective_tags), "")


def why_not(scenario: Scenario, target: Target, lacking: Mapping[str, str]) -> str:
    """Say why a scenario or row will not be verified, "" where nothing is known against it."""
    needs, lacking = needs_of(scenario), {**target.withheld, **lacking}
    for need in sorted(needs & lacking.keys()):
        return lacking[need]
    declined = {agreement.replace(" ", "-") for agreement in target.declines}
    missing = needs - target.capabilities - lacking.keys() - {"browser"}
    if others := sorted(missing - declined):
        wanted = dict.fromkeys(COMES_FROM.get(need, need) for need in others)
        return f"needs {', and '.join(wanted)}"
    if missing:
        return f"declines {', '.join(sorted(missing)).replace('-', ' ')}"
    if names := [name for name in _settings(scenario) if name not in target.settings]:
        return f'[settings] has no "{names[0]}"'
    cells = scenario._row.cells if scenario._row else ()
    places = [each for each in TOKEN_LOCATIONS if each in cells]
    if elsewhere := [each for each in places if each not in target.auth.token_locations]:
        return f'[auth] token_locations has no "{elsewhere[0]}"'
    return ""


def needs_of(scenario: Scenario) -> set[str]:
    """Return what a scenario needs of a target."""
    tags = map(str, scenario.effective_tags)
    return {tag.removeprefix(NEED) for tag in tags if tag.startswith(NEED)}


def _settings(scenario: Scenario) -> Iterator[str]:
    """Yield the settings that a scenario changes."""
    for step in scenario.all_steps:
        if found := SETTING.search(step.name):
            for text in found[1].split(", and "):
                yield from setting(text)
        if LOG_LEVEL in step.name:
            yield "log level"
