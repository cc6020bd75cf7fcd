"""Two LiveKit nodes with one Redis behind a balancer. Each part can be killed and restarted."""
