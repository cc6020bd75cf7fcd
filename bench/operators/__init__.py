"""`python -m bench.operators`: how soon an operator's act is heard by the caller, and seen by another."""
