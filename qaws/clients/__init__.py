"""Functional clients: real connections that record every frame, and what attackers send."""
