"""Rows of checks.jsonl, for tests of what is made of them."""

from faults.proof.judgement import Row

STARVED = "INCONCLUSIVE: latency: the harness itself stood still for 90 ms of that"


def row(test_id: str, status: str = "passed", message: str = "", stall_ms: float = 0.0) -> Row:
    return Row(test_id, f"{test_id} Something", status, message, stall_ms)
