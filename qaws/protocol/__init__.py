"""What the features speak of, and how a service spells it: market, dialect, contract."""
