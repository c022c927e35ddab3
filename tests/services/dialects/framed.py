"""A decoder as a team writes it: messages of JSON, each behind its length as 32 bits."""

import json
import struct
from decimal import Decimal


def decode(message):
    found = []
    while message:
        (length,) = struct.unpack_from(">I", message)
        found.append(json.loads(message[4 : 4 + length], parse_float=Decimal))
        message = message[4 + length :]
    return found
