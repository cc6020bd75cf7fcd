"""What Prometheus reads about calls and handoffs, their costs, and workers."""
