"""The certificates of a run, and a target whose service shows them."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from qaws.runtime import certificates
from qaws.sut.target import Target


def with_certificates(target: Target, folder: Path) -> tuple[Target, dict[str, str]]:
    """Make an authority and a certificate for a target's host; return target and placeholders.

    Where the target wants a certificate of the suite's, its clients trust that authority alone;
    where it wants one for clients, they show one that this authority has signed.
    """
    host = urlsplit(target.endpoint.url.format(port=1)).hostname or ""
    made = certificates.issue(folder, host)
    files = {
        "folder": str(folder),
        "ca_file": str(made.authority),
        "certificate_file": str(made.certificate),
        "certificate_key_file": str(made.key),
    }
    endpoint = target.endpoint
    if endpoint.generate_certificate:
        endpoint = endpoint.secured(made.authority)
    if endpoint.generate_client_certificate:
        shown = {"client_certificate": made.client, "client_key": made.client_key}
        endpoint = endpoint.model_copy(update=shown)
    return target.model_copy(update={"endpoint": endpoint}), files
