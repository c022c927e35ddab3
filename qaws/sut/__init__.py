"""The system under test: its target file, its process, its broker, and what they hold."""
