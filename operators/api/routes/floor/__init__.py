"""Routes of the floor where people take calls: their desks, what rings there, the queue."""
