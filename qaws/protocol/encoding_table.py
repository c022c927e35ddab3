"""The table `[dialect.encoding]` of a target file: how messages are put into WebSocket messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from qaws.protocol.encoding import BUILT_IN, NONE, SENT, TEXT, TEXTS, Encoding
from qaws.protocol.team_function import SUFFIX


def _one_of(value: str, known: Sequence[str]) -> str:
    """Return a value that is known, or the name of a file in Python."""
    if value not in known and not value.endswith(SUFFIX):
        raise ValueError(f"{value!r} is none of {', '.join(known)}, nor a file such as ticks.py")
    return value


class EncodingTable(BaseModel):
    """How what is said is put into WebSocket messages, where that is not JSON text.

    `received`: what binary messages of the service hold: "binary" JSON, "msgpack", JSON that is
    compressed by "gzip", "zlib" or "deflate", or what a file in Python decodes; "text": there are
    none. `texts`: what its texts are: "json", "socket.io", or what a file decodes; "none": there
    are none. `sent`: whether clients send their JSON as "text" or in "binary" messages, or
    "msgpack", "socket.io", or what a file makes of it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    received: str = "text"
    texts: str = "json"
    sent: str = "text"

    @field_validator("received")
    @classmethod
    def _is_known(cls, value: str) -> str:
        return _one_of(value, ["text", *BUILT_IN])

    @field_validator("texts")
    @classmethod
    def _is_json(cls, value: str) -> str:
        return _one_of(value, ["json", NONE, *TEXTS])

    @field_validator("sent")
    @classmethod
    def _is_sent(cls, value: str) -> str:
        return _one_of(value, SENT)

    @model_validator(mode="after")
    def _is_spoken_both_ways(self) -> EncodingTable:
        said = {"texts": self.texts, "sent": self.sent}
        for one, other in (("texts", "sent"), ("sent", "texts")):
            name = said[one]
            if name in TEXTS and not (said[other] in TEXTS or said[other].endswith(SUFFIX)):
                raise ValueError(f'{one} = "{name}" wants {other} = "{name}": both sides speak it')
        return self

    @property
    def files(self) -> dict[str, str]:
        """Return key → the file in Python that it names."""
        found = {"received": self.received, "texts": self.texts, "sent": self.sent}
        return {key: value for key, value in found.items() if value.endswith(SUFFIX)}

    def made(self, code: Mapping[str, str]) -> Encoding:
        """Return it, ready to use.

        Args:
            code: name of a file that it names → what it says.

        Raises:
            NoFunction: one of them has not the function that it should have.
        """
        if (self.received, self.texts, self.sent) == ("text", "json", "text"):
            return TEXT
        return Encoding(self.received, self.sent, self.texts, code)
