"""Puts into the package what the suite is besides Python: features, rows, sign-off sheet, pages.

Everything else about the package is in pyproject.toml. In the project nothing is copied
(`qaws/places.py` finds it there).
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
PARTS = ("features", "signoff", "docs", "requirements.lock")
LEFT_OUT = ("node_modules", "__pycache__", "environment.py", "images", "decisions", "ci", "*.pyc")


class WithTheSuite(build_py):
    """Builds the package, and puts the suite into it as `qaws/suite`."""

    def run(self) -> None:
        """Copy the parts, unless the package stays where it is."""
        if self.editable_mode:
            super().run()
            return
        package = Path(self.build_lib) / "qaws"
        shutil.rmtree(package, ignore_errors=True)  # what an earlier build has left
        super().run()
        suite = package / "suite"
        for part in PARTS:
            place = suite / part
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, place, ignore=shutil.ignore_patterns(*LEFT_OUT))
            else:
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / part, place)


setup(cmdclass={"build_py": WithTheSuite})
