"""Telephone keys: digits that a role asks for, a menu where speech fails, and keys that Baton presses."""
