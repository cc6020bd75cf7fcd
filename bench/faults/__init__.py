"""The run that drives the catalogue of faults row by row, on the tests that are marked with its rows."""
