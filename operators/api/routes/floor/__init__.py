"""Routes for the people who take calls: their desks, what rings there, and the queue."""
