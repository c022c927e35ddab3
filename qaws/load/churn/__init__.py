"""Clients that come and go: connection cycles, storms."""
