"""How much of the account's limits may be spent, over all processes of a worker."""
