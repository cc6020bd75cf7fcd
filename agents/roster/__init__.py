"""Reads and checks the personas, which are Markdown files."""
