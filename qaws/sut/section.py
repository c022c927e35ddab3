"""What every table of a target file is."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A table of a target file: what it does not know is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)
