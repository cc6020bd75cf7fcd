"""People who take calls, in SQL: where they are, what rings at their desks, and who waits."""
