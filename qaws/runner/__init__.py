"""Runs behave against a testbed, attaches the evidence, and ends everything."""
