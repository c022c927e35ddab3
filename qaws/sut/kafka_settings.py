"""How clients of a Kafka broker encrypt and sign in, by the names that librdkafka has for it.

Only that is a target's to say: how records are sent, each once and acknowledged by all replicas,
is what verdicts rest on, and the suite's own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from qaws.protocol.templates import names_in

PORT = 9092

Settings = dict[str, str | int | bool]
"""Names of librdkafka's configuration → values."""

SECURITY = "security.protocol"
PLAIN = ("plaintext", "sasl_plaintext")
OF_SECURITY = re.compile(r"security\.protocol|(sasl|ssl|enable\.ssl|enable\.sasl)\..+")
SECRET = re.compile(r".*(password|secret|passphrase)|ssl\.key\.pem")
"""What stands in no file."""


def flat(table: Mapping[str, Any], above: str = "") -> Settings:
    """Return settings by their whole names: `sasl.username = …` is a table in a table in TOML.

    Raises:
        ValueError: a value is no text, number or truth.
    """
    found: Settings = {}
    for name, value in table.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{above}{name}.")
        elif isinstance(value, str | int | bool):
            found[above + name] = value
        else:
            raise ValueError(f'client: "{above}{name}" has no value that is a text or a number')
    return found


def require_settings(settings: Settings, secrets: Mapping[str, str]) -> None:
    """Raise `ValueError` where a setting is the suite's own, is unknown, or shows a secret.

    Args:
        settings: as a target file has them.
        secrets: name → variable.
    """
    for name, value in settings.items():
        if not OF_SECURITY.fullmatch(name):
            raise ValueError(
                f'client: "{name}" is the suite\'s own; a target says how clients encrypt and '
                "sign in: security.protocol, ssl.… and sasl.…, as librdkafka calls them"
            )
        named = set(names_in(value))
        if SECRET.fullmatch(name) and not named:
            raise ValueError(
                f'client: "{name}" stands in no file: name the variable that has it, as in '
                'secrets = { password = "KAFKA_PASSWORD" }, and say "{password}" here'
            )
        if unknown := named - secrets.keys():
            raise ValueError(f'client: "{name}": {{{min(unknown)}}} is no name of [feed] secrets')
    known = ("plaintext", "ssl", "sasl_plaintext", "sasl_ssl")
    spoken = str(settings.get(SECURITY, "")).lower()
    if settings and spoken not in known:
        raise ValueError(
            f'client: {SECURITY} = "{settings.get(SECURITY, "")}": give one of '
            f"{', '.join(each.upper() for each in known)}"
        )


def is_encrypted(settings: Mapping[str, Any]) -> bool:
    """Return whether what a client says is TLS, so that nobody between can read it."""
    return str(settings.get(SECURITY, "plaintext")).lower() not in PLAIN


def place(url: str) -> tuple[str, int]:
    """Return host and port of a broker's address."""
    parts = urlsplit(url)
    return parts.hostname or "127.0.0.1", parts.port or PORT
