"""Two LiveKit nodes with one Redis behind a balancer; each can be killed and started again."""
