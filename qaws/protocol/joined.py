"""Several JSON texts in one message, which some services send for the sake of fewer frames."""

from __future__ import annotations

import json

SEPARATORS = {"\n": "a newline", "\r\n": "a newline", "\x1e": "a record separator", "": "nothing"}
"""What stands between them → what sentences call it; other blanks are called blanks."""


def several_texts(message: str | bytes) -> str | None:
    """Say so where a message that is not JSON is several JSON texts behind one another.

    A message is one JSON text (docs/specification.md, section 1): no batching inside a message.

    Returns:
        How many there are, and what separates them; None where it is something else.
    """
    text = message.decode("utf-8", "replace") if isinstance(message, bytes) else message
    decoder, at, count, between = json.JSONDecoder(), 0, 0, set()
    try:
        while at < len(text):
            _, end = decoder.raw_decode(text, at)
            count, at = count + 1, end
            while at < len(text) and text[at] in "\n\r\x1e \t,":
                at += 1
            if at < len(text):
                between.add(text[end:at])
    except (ValueError, RecursionError):
        return None
    if count < 2:
        return None
    one = between.pop() if len(between) == 1 else " "
    separator = SEPARATORS.get(one, "a comma" if "," in one else "blanks")
    return f"{count} JSON texts in one message, separated by {separator}"
