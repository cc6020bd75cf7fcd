"""A person at a desk without a browser: does what the desk page does, over HTTP and LiveKit."""
