"""Whom a browser trusts over TLS: a private authority, in a store that only one browser has.

Chromium on Linux reads the authorities that its user has added from an NSS store in the home
folder. A browser of the suite has a home of its own with such a store. It checks certificates
itself, as for any page: nothing is switched off.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from qaws.verdict import Broken, NotVerified

STORE = Path(".pki/nssdb")
"""Where Chromium looks, below the home folder."""
TOOL = "certutil"
TRUSTED = "CP,,"
"""That it may sign certificates of servers, or is one itself."""
PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
ALLOWANCE_S = 20.0

TRUSTS = (
    "the authority of [endpoint] besides its own list, by an NSS store that only this browser "
    "reads; it has checked the certificate itself"
)
"""What the evidence says of it."""


def require_trust_can_be_given() -> None:
    """Raise `NotVerified` where no browser here can be told to trust a private authority."""
    if sys.platform != "linux":
        raise NotVerified(
            "[endpoint] names a private authority, and the suite can tell a browser to trust it on "
            "Linux only"
        )
    if shutil.which(TOOL) is None:
        raise NotVerified(
            "[endpoint] names a private authority, and without certutil no browser can be told to "
            "trust it: apt-get install libnss3-tools"
        )


def make_home(folder: Path, authority: str) -> None:
    """Make the home folder of a browser that trusts an authority.

    Args:
        folder: the home; it is there.
        authority: certificates in PEM.

    Raises:
        Broken: the store cannot be made.
    """
    store = folder / STORE
    store.mkdir(parents=True)
    _run(store, "-N", "--empty-password")
    for number, certificate in enumerate(PEM.findall(authority), 1):
        file = folder / f"{number}.pem"
        file.write_text(certificate, encoding="ascii")
        _run(store, "-A", "-n", f"qaws {number}", "-t", TRUSTED, "-a", "-i", str(file))


def _run(store: Path, *arguments: str) -> None:
    command = [TOOL, *arguments[:1], "-d", f"sql:{store}", *arguments[1:]]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=ALLOWANCE_S)
    except (OSError, subprocess.SubprocessError) as problem:
        said = str(getattr(problem, "stderr", "") or problem).strip()
        raise Broken(f"{TOOL} makes no store for the browser: {said}") from None
