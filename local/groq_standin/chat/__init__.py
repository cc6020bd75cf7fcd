"""The stand-in's chat completions."""
