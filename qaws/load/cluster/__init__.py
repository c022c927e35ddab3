"""Starts and steers the processes of the load generator, here or on other machines."""
