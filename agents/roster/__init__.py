"""The personas: Markdown files, read and checked."""
