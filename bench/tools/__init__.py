"""How roles' tools and documents affect a call: silence, double bookings, ways out, and longer turns."""
