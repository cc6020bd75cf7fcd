"""People who take calls: whom a caller rings next, how long the others wait. Over the store's rows alone."""
