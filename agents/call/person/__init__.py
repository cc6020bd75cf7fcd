"""A person has the call: what they see of it, what happens if they are lost, and whom they ask in."""
