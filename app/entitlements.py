"""What a client may subscribe to: what its token lists, where it lists anything."""

from collections.abc import Callable
from typing import TypeAlias

from app.subscriptions import Keys

SymbolOf: TypeAlias = Callable[[int], str | None]
"""Instrument → symbol, None while that is unknown."""


def forbidden(keys: Keys, symbols: frozenset[str] | None, symbol_of: SymbolOf) -> list[str]:
    """Return the names of those keys that a client may not hold, sorted.

    An instrument belongs to the symbol under which the feed has last shown it. One that the feed
    has not shown yet is nobody's who may not see everything: what is unknown is not given away.

    Args:
        keys: what the client asks for.
        symbols: what it may see; None for everything.
        symbol_of: instrument → symbol.
    """
    if symbols is None:
        return []
    return sorted(
        str(name)
        for _, name in keys
        if (symbol_of(name) if isinstance(name, int) else name) not in symbols
    )
