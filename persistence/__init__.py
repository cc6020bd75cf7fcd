"""The store: a row for everything that happened in every call. Open it with `persistence.engines`."""
