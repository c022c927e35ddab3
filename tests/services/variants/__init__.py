"""Good services that do otherwise: the reference service with lawful variations.

The mirror of `faults`: a variation is what a correct service may do, by the specification or by an
RFC, and what the reference service does not. Several make one service, with a target file of its
own; on each of them all rows pass, as on the reference service.

`variation` says what a variation is, the modules below it have them by what they vary, `catalogue`
lists them and puts them into services. `python -m tests.services.variants SERVICE` runs one.
"""

SERVICES = ("spelling", "pieces", "leisure", "bustle")
"""What they are called. Nothing is imported for that: a variation imports `app`."""
