"""`python -m bench.loop`: the service's event loop under load, three ways side by side."""
