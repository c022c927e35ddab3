"""The harness behind the features: real sockets, a real broker, verdicts with their evidence."""

__version__ = "0.1.0"
