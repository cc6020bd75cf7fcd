"""Finds everything stored about one caller, and puts it together for them."""
