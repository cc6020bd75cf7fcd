"""The recorder's process: joins each recorded call, hears what the caller hears, and writes it to files."""
