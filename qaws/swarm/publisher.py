"""The publisher: a process that keeps to its schedule, whatever the broker or the service do.

Open loop: when each tick is due is fixed before the first is sent, and the due time travels inside
the tick. Commands are pipelined to the broker in slices of a millisecond; the broker's answers are
read, but never waited for.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import numpy as np
import redis

from qaws.loop import LoopThread
from qaws.market import Market, instrument_of
from qaws.measure.stall import StallMeter
from qaws.swarm import wire
from qaws.swarm.control import Child, Controller, Declined, Lost
from qaws.swarm.engine import LocalProcesses
from qaws.swarm.result import Stalls
from qaws.swarm.schedule import FlowPlan, FlowReport
from qaws.swarm.worker import Link
from qaws.verdict import Broken

SLICE_S = 0.001
"""Ticks that are due within one slice are sent together at its end."""

BODIES = 10_000
"""So many different ticks are prepared; longer runs use them again, with new numbers."""

TAKES_S = 5.0
"""A broker that takes nothing for so long has failed."""

ANSWERS_S = 5.0
LEAD_S = 0.25
"""Between the word "go" and the first due time."""
