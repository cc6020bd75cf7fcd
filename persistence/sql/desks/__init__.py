"""People who take calls, in SQL: their presence, what rings at their desks, and who waits."""
