"""The store: what happened in every call, in rows that can be trusted."""
