"""What services of their own kind ask of a signature: that it is new, and of their secret."""

from __future__ import annotations

import hmac
import time

WINDOW_S = 5.0
"""So much older, or newer, than now what is signed may be."""


def is_signed(secret: str, said: str, hash_: str, shown: bytes, at_s: float) -> bool:
    """Return whether a signature is that of what was said, which was a moment ago.

    Args:
        secret: what signs.
        said: what is signed.
        hash_: of the HMAC.
        shown: the signature.
        at_s: when it was made, in seconds since 1970, as whoever shows it says.
    """
    good = hmac.digest(secret.encode(), said.encode("utf-8", "surrogatepass"), hash_)
    return hmac.compare_digest(good, shown) and abs(time.time() - at_s) <= WINDOW_S
