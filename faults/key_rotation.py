"""Faults of an issuer's keys that change while the service runs: QA-WS-125."""

from __future__ import annotations

from app.jwks import KeySet
from app.server import TickerService
from faults.fault import fault, replace


@fault(
    story="The key set is read at the start and never again, so that on the day when the issuer "
    "changes its key nobody can log in until the service is restarted.",
    caught_by={"QA-WS-125": "admission of Alice: measured "},
)
def key_set_read_once() -> None:
    """Never look again."""
    replace(KeySet, "_look_again", lambda self: None)


@fault(
    story="New keys are added to those that are known and none is ever dropped, so that whoever "
    "has stolen a key that was withdrawn for that reason goes on signing tokens.",
    caught_by={"QA-WS-125": "refusal of Bob: measured 1 x welcome"},
)
def withdrawn_keys_kept() -> None:
    """Keep what was known."""
    original = KeySet._look_again

    def look_again(self: KeySet) -> None:
        known = self.by_kid
        original(self)
        self.by_kid = {**known, **self.by_kid}

    replace(KeySet, "_look_again", look_again)


@fault(
    story="When the key set changes all clients are thrown out, so that each change of a key "
    "brings a storm of reconnects in the middle of the trading day.",
    caught_by={"QA-WS-125": "open connections of Nora, Alice: measured "},
)
def new_keys_throw_clients_out() -> None:
    """Close every session when the keys have changed."""
    original, run = KeySet._look_again, TickerService._listen
    services: list[TickerService] = []

    async def listen(self: TickerService) -> object:
        services.append(self)
        return await run(self)

    def look_again(self: KeySet) -> None:
        known = set(self.by_kid)
        original(self)
        if set(self.by_kid) != known:
            for service in services:
                for session in service.sessions:
                    session.close_expired()

    replace(TickerService, "_listen", listen)
    replace(KeySet, "_look_again", look_again)
