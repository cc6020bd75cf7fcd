"""What Baton needs of a store, as Protocols. The contract suite in tests/contract runs on every store."""
