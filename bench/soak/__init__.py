"""Many calls with handoffs, some of whose agents are killed."""
