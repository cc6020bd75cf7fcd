"""`make bench-loop`: the service's event loop under load, for three services side by side."""
