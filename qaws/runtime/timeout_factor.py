"""By how much longer starts and answers may take that have no bound of their own."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping

from qaws.verdict import Broken

FACTOR, FORMER_FACTOR = "QAWS_TIMEOUT_FACTOR", "QAWS_PATIENCE"


def timeout_factor_of(environment: Mapping[str, str] = os.environ) -> float:
    """Return the factor for grace periods from QAWS_TIMEOUT_FACTOR, 1.0 when it is not set.

    Its former name, QAWS_PATIENCE, is still understood.

    Raises:
        Broken: it is not a number of 1 or more.
    """
    name = next((each for each in (FACTOR, FORMER_FACTOR) if each in environment), FACTOR)
    text = environment.get(name, "1")
    try:
        factor = float(text)
    except ValueError:
        factor = 0.0
    if not 1 <= factor < math.inf:
        raise Broken(f"{name}={text}: must be a number of 1 or more")
    return factor
