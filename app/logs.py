"""Logging that never shows a token, or the password of a URL."""

import logging
import re

_SECRETS = re.compile(
    r"(?P<kept>\btoken=|\bBearer\s+)[^\s&\"']+"
    r"|(?P<user>://[^\s/@:]*:)[^\s/@]+(?=@)"
    r"|\beyJ[\w-]*\.[\w.-]*",  # a JWT, wherever it stands: '{"' in base64 is eyJ
    re.IGNORECASE,
)


def redact(text: str) -> str:
    """Replace tokens, and the passwords of URLs, by a placeholder."""
    return _SECRETS.sub(r"\g<kept>\g<user>[redacted]", text)


class RedactingFormatter(logging.Formatter):
    """Redacts the whole line, tracebacks included, after it has been formatted."""

    def format(self, record: logging.LogRecord) -> str:
        """Format a record as one or more lines without secrets."""
        return redact(super().format(record))


def configure(level: str, file: str | None = None) -> None:
    """Send everything at ``level`` and above to stderr, and to a file if one is named.

    The WebSocket library stays at WARNING: below it, it writes handshakes with their tokens,
    and two lines per connection.

    Raises:
        OSError: the file cannot be written.
    """
    handlers: list[logging.Handler] = [logging.StreamHandler()]
    if file:
        handlers.append(logging.FileHandler(file, encoding="utf-8"))
    for handler in handlers:
        handler.setFormatter(RedactingFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.getLogger("websockets").setLevel(logging.WARNING)
