"""A person has the call: what they are shown, when they are lost, and whom they ask in."""
