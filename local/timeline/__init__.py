"""The picture of a call, as SVG."""
