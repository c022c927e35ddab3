"""Attaches a scenario's evidence to its Allure result."""

from __future__ import annotations

from pathlib import Path

from qaws.world import World


def attach_evidence(world: World) -> None:
    """TODO."""


def attach_log(folder: Path) -> None:
    """TODO."""
