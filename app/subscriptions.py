"""Who wants which tick: selectors, groups of clients with equal wishes, and the index of both.

A wish is a *key*, such as ``("instrument", 256265)``. A client holds a set of keys, and clients
with the same set form one *group*. A tick is looked up once per kind of tick, not once per
client; and because a client is in exactly one group, it gets a tick once, however many of its
keys match.
"""

from collections.abc import Hashable
from typing import Generic, Literal, NamedTuple, TypeAlias, TypeVar

import msgspec

TickType: TypeAlias = Literal["option_tick", "underlying_bar"]
Key: TypeAlias = tuple[Literal["instrument"], int] | tuple[Literal["symbol", "underlying"], str]
Keys: TypeAlias = frozenset[Key]

MAX_CACHED_ROUTES = 65_536
"""Bounds the memory of the route cache, whatever the feed invents."""


class Route(NamedTuple):
    """What decides who gets a tick. A bar has no instrument token: its token is None."""

    type: TickType
    instrument_token: int | None
    symbol: str


class Instruments(msgspec.Struct, frozen=True):
    """Selects the option ticks of these instruments."""

    instruments: tuple[int, ...]

    def keys(self) -> Keys:
        """Return one key per instrument."""
        return frozenset(("instrument", token) for token in self.instruments)


class Symbols(msgspec.Struct, frozen=True):
    """Selects every tick, option or bar, of exactly these symbols."""

    symbols: tuple[str, ...]

    def keys(self) -> Keys:
        """Return one key per symbol."""
        return frozenset(("symbol", symbol) for symbol in self.symbols)


class Underlying(msgspec.Struct, frozen=True, tag_field="type", tag="underlying"):
    """Selects the bars, and only the bars, of one symbol."""

    symbol: str

    def keys(self) -> Keys:
        """Return the one key."""
        return frozenset({("underlying", self.symbol)})


Selector: TypeAlias = Instruments | Symbols | Underlying


class Totals(msgspec.Struct, frozen=True):
    """How many keys of each kind a client holds."""

    instruments: int
    symbols: int
    underlyings: int

    @classmethod
    def of(cls, keys: Keys) -> "Totals":
        """Count a client's keys."""
        kinds = [kind for kind, _ in keys]
        return cls(kinds.count("instrument"), kinds.count("symbol"), kinds.count("underlying"))


def matching_keys(route: Route) -> tuple[Key, ...]:
    """Return the keys that ask for a tick: symbols are compared whole, never by prefix."""
    if route.type == "underlying_bar" or route.instrument_token is None:
        return (("symbol", route.symbol), ("underlying", route.symbol))
    return (("symbol", route.symbol), ("instrument", route.instrument_token))


C = TypeVar("C", bound=Hashable)


class Group(Generic[C]):
    """Clients that want the same, and the frames that wait to be written to them.

    ``pending`` is in the order of arrival. ``ahead`` says for some members how many of the
    pending frames do not concern them: they joined later, or have had them already.
    """

    __slots__ = ("ahead", "keys", "members", "pending")

    def __init__(self, keys: Keys) -> None:
        self.keys = keys
        self.members: set[C] = set()
        self.pending: list[bytes] = []
        self.ahead: dict[C, int] = {}


class Subscriptions(Generic[C]):
    """The index from ticks to groups of clients."""

    def __init__(self) -> None:
        self._group_of: dict[C, Group[C]] = {}
        self._groups: dict[Keys, Group[C]] = {}
        self._by_key: dict[Key, set[Group[C]]] = {}
        self._routes: dict[Route, tuple[Group[C], ...]] = {}
        self._symbols: dict[int, str] = {}

    def add(self, client: C, keys: Keys) -> Totals:
        """Let a client want these keys too, and return its totals; repeating changes nothing."""
        return self._place(client, self.keys_of(client) | keys)

    def remove(self, client: C, keys: Keys) -> Totals:
        """Let a client no longer want these keys; those it never had are ignored."""
        return self._place(client, self.keys_of(client) - keys)

    def drop(self, client: C) -> None:
        """Forget a client and all its keys."""
        self._place(client, frozenset())

    def keys_of(self, client: C) -> Keys:
        """Return what a client wants now."""
        group = self._group_of.get(client)
        return group.keys if group else frozenset()

    def group_of(self, client: C) -> Group[C] | None:
        """Return the group of a client, or None when it wants nothing."""
        return self._group_of.get(client)

    def groups_for(self, route: Route) -> tuple[Group[C], ...]:
        """Return the groups that want a tick, each once."""
        groups = self._routes.get(route)
        if groups is None:
            if len(self._routes) >= MAX_CACHED_ROUTES:
                self._routes.clear()
            self._learn(route)
            groups = self._routes[route] = self._find_groups(route)
        return groups

    def symbol_of(self, instrument: int) -> str | None:
        """Return the symbol whose instrument the feed has shown this to be; None before that."""
        return self._symbols.get(instrument)

    def _learn(self, route: Route) -> None:
        if route.instrument_token is not None:
            if len(self._symbols) >= MAX_CACHED_ROUTES:
                self._symbols.clear()
            self._symbols[route.instrument_token] = route.symbol

    @property
    def total(self) -> int:
        """Return the number of subscriptions: pairs of a client and a key."""
        return sum(len(group.keys) * len(group.members) for group in self._groups.values())

    def _find_groups(self, route: Route) -> tuple[Group[C], ...]:
        found: set[Group[C]] = set()
        for key in matching_keys(route):
            found |= self._by_key.get(key, set())
        return tuple(found)

    def _place(self, client: C, keys: Keys) -> Totals:
        old = self._group_of.get(client)
        if keys != (old.keys if old else frozenset()):
            if old:
                self._leave(client, old)
            if keys:
                self._join(client, keys)
        return Totals.of(keys)

    def _join(self, client: C, keys: Keys) -> None:
        group = self._groups.get(keys)
        if group is None:
            group = self._groups[keys] = Group(keys)
            for key in keys:
                self._by_key.setdefault(key, set()).add(group)
            self._routes.clear()
        group.members.add(client)
        if group.pending:  # taken from the feed before this client joined
            group.ahead[client] = len(group.pending)
        self._group_of[client] = group

    def _leave(self, client: C, group: Group[C]) -> None:
        del self._group_of[client]
        group.members.discard(client)
        group.ahead.pop(client, None)
        if group.members:
            return
        del self._groups[group.keys]
        for key in group.keys:
            holders = self._by_key[key]
            holders.discard(group)
            if not holders:
                del self._by_key[key]
        self._routes.clear()
