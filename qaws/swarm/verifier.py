"""The message contract for load: one payload in, at most one sentence out."""

from __future__ import annotations

import msgspec

from qaws.contract import Contract

_decode = msgspec.json.Decoder().decode


class Verifier:
    """Holds payloads against the contract of a dialect: some 10 µs each."""

    def __init__(self, dialect: str) -> None:
        self._contract = Contract(dialect)

    def violation(self, payload: bytes) -> str | None:
        """Say how a payload breaks the contract, None if it does not."""
        try:
            problem = self._contract.violation(_decode(payload))
        except ValueError as error:
            problem = f"is no JSON: {error}"
        if problem is None:
            return None
        shown = payload[:120].decode("utf-8", "replace")
        return f"received a message that breaks the contract: {problem} ({shown}…)"
