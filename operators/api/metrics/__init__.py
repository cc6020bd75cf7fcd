"""What Prometheus reads: of calls and handoffs, of what they cost, and of workers."""
