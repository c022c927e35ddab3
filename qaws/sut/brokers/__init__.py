"""Kinds of brokers: how each is started, and how it is asked whether it is there."""
