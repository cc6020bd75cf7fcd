"""A role's documents: cut into passages, indexed, searched, and given to its model."""
