"""`make faults`: runs the catalogue of faults row by row, by the tests that carry the rows' numbers."""
