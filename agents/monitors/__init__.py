"""What watches a call: the caller, the models, the room, and what operators ask."""
