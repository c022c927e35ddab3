"""Dialects as data, one TOML file each; docs/dialects.md explains the keys."""
