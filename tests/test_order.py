"""Tests are shared out so that what takes longest begins."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.conftest import E2E, whole_runs_first


def item(name, folder=E2E, *, is_long=False):
    return SimpleNamespace(
        name=name,
        path=Path(folder) / "test_x.py",
        get_closest_marker=lambda marker: marker if is_long and marker == "long" else None,
    )


@pytest.mark.parametrize("workers", [1, 2, 3, 6])
@pytest.mark.parametrize("count", [0, 1, 20, 101])
def test_each_part_begins_with_its_whole_runs_and_nothing_is_lost(workers, count):
    items = [item(f"unit {n}", E2E.parent / "oracle") for n in range(count)]
    items[count // 2 : count // 2] = [item(f"run {n}", is_long=n in (3, 7)) for n in range(9)]
    ordered = whole_runs_first(list(items), workers)
    assert sorted(each.name for each in ordered) == sorted(each.name for each in items)
    if workers == 1:
        assert ordered == items
        return
    rest, left = list(ordered), workers
    while left:  # as pytest-xdist deals them out
        part = [rest.pop(0) for _ in range(len(rest) // left)]
        kinds = [each.name.split()[0] for each in part]
        assert count < 20 or kinds == sorted(kinds), "whole runs stand before the others"
        left -= 1
    if workers == 2 and count == 20:
        assert [ordered[0].name, ordered[14].name] == ["run 3", "run 7"]
