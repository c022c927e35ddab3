"""The refusal of a load client."""

from __future__ import annotations


class Refusal(Exception):
    """The service did not let a client in, or not subscribe; the text says how."""
