"""A call that a person has: what they see of it, what happens if they are lost, and a second person."""
