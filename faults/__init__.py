"""The ticker service, broken on purpose: one named fault at a time.

A fault is a small patch of `app`, told in words of production, together with the scenarios that
must notice it and the words in which they must. There is a module for each capability that is
broken, and `catalogue` knows them all. `python -m faults` lists them, `python -m faults NAME` runs
the service with one of them, `python -m faults.proof` shows that the suite catches all.
"""
