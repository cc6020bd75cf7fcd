"""The keys of a caller's telephone: digits that a role asks for, and a menu where speech fails."""
