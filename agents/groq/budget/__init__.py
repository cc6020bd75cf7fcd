"""What may be spent of the account's limits, over all processes of a worker."""
