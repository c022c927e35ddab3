"""Publishes ticks on an open-loop schedule, from a process of its own."""
