"""Telephone keys: digits that a role asks for, a menu for when speech fails, and keys that Baton presses."""
