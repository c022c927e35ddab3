"""What scenarios do and require: one module per capability, each with a state key of its own."""
