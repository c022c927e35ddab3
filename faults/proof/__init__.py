"""The proof that the suite notices every fault: `python -m faults.proof`.

`scope` says what is asked of a fault, `runs` runs it, `judgement` holds what came of it against
what the fault declares. `prover` does so for many, `findings` keeps it, `matrix` and `picture` draw
it. `listing` writes the list in docs/faults.md.
"""
