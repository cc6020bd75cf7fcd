"""What Baton needs of a store: one Protocol per aggregate. tests/contract runs on every store."""
