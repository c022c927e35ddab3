"""Hands behave the hooks of ../environment.py, which it would not find by itself."""

import importlib.util
from pathlib import Path

_file = Path(__file__).resolve().parent.parent / "environment.py"
_spec = importlib.util.spec_from_file_location("qaws_hooks", _file)
_hooks = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_hooks)

preload = _hooks.preload
before_all = _hooks.before_all
before_scenario = _hooks.before_scenario
before_step = _hooks.before_step
after_step = _hooks.after_step
after_scenario = _hooks.after_scenario
after_all = _hooks.after_all
