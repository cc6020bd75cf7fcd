"""What Baton needs of a store: one Protocol an aggregate. tests/contract runs on every store there is."""
