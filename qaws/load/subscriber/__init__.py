"""Clients that read: decode and check every message at full speed."""
