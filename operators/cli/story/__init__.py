"""Collects and draws a call or handoff for `baton show`."""
