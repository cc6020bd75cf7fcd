"""What SQLite and Postgres share: the aggregates over reads that both understand, and over named moves."""
