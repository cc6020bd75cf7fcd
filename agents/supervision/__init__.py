"""A supervisor speaks with who has a call, or in their place: their room, and what the holder does then."""
