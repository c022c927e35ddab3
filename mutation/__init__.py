"""Mutation testing of the reference service: how many small mistakes would go unseen?

cosmic-ray makes the mutants, the suite runs against a service of each, and only a scenario that
FAILED kills one.
"""
