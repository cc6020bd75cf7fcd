"""`make faults`: drives the catalogue of faults row by row, by the tests that are marked with its rows."""
