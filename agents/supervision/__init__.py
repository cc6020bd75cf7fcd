"""A supervisor whispers, barges in or takes over: their room, and what the holder does in the meantime."""
