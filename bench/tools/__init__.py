"""What roles' tools and documents do to a call: silence, double bookings, routes out, and longer turns."""
