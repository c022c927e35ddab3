"""Statistics and instruments: latencies, memory, stalls, waits for a CPU."""
