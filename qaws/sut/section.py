"""What every table of a target file is, and what several of them have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from qaws.runtime.trust import read_authority


class Section(BaseModel):
    """A table of a target file: what it does not know is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _with_certificates(file: Path | None) -> Path | None:
    try:
        read_authority(file)
    except ValueError as problem:
        raise ValueError(f"{file} {problem}") from None
    return file


AuthorityFile = Annotated[Path | None, AfterValidator(_with_certificates)]
"""A PEM file with the authorities that are trusted; None for those of the system."""
