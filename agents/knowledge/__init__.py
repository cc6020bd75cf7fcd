"""What a role knows from a folder of documents: cut into passages, indexed, searched, given to its model."""
