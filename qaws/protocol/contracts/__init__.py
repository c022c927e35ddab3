"""Message contracts, one AsyncAPI document per dialect."""
