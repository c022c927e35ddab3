"""Who may come in with an API key: one that is in a file, of which only the hashes are kept."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path

from tests.services.fastapi_ticker.tokens import Bearer, Refused


class Keys:
    """Checks API keys. Each is a person of its own, who may see everything at any time."""

    def __init__(self, path: str) -> None:
        lines = Path(path).read_text("utf-8").splitlines()
        self._hashes = {_hash(line) for line in lines if line and not line.startswith("#")}

    def bearer(self, token: str) -> Bearer:
        """Return who bears a key.

        Raises:
            Refused: it is not one of those of the file.
        """
        if (found := _hash(token)) not in self._hashes:
            raise Refused("no such key")
        return Bearer(found[:12], math.inf, None)


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
