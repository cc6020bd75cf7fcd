"""`make faults`: runs the catalogue of faults row by row, with the tests that carry the rows' numbers."""
