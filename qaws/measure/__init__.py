"""What is measured: latency, memory, and how far the harness itself stood still."""
