"""Two LiveKit nodes with one Redis behind a balancer, each to be killed and started again."""
