"""Numbers and addresses of people, found in what is said or written, and replaced by their kind. Pure."""
