"""The waiting room: one process greets and holds many callers, without a model, until an agent takes them."""
