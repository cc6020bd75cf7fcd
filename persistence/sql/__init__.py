"""What SQLite and Postgres share: the aggregates, built on shared reads and on named moves."""
