"""What was published, and what each client must, may and must not have received. Pure."""
