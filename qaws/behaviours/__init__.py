"""What scenarios do and require: a module for each part of the service."""
