"""Wires target, broker, services, feed and loop once, and holds one scenario's state."""
