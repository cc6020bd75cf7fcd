"""A person plays the call's role: what its holder does then, what they are shown, and whom they ask in."""
