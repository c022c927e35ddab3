"""The swarm: many fast clients in processes of their own, and the publisher that feeds them."""

from qaws.swarm.plan import Group, SwarmPlan
from qaws.swarm.publisher import Publisher
from qaws.swarm.result import SwarmResult
from qaws.swarm.schedule import Burst, FlowPlan, FlowReport
from qaws.swarm.swarm import Swarm

__all__ = [
    "Burst",
    "FlowPlan",
    "FlowReport",
    "Group",
    "Publisher",
    "Swarm",
    "SwarmPlan",
    "SwarmResult",
]
