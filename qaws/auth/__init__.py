"""Makes valid tokens and forged ones, with the keys that a service checks them against."""
