"""People who take calls: whom a caller rings next, how long the others wait. Reads only the store's rows."""
