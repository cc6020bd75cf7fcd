"""The demo: one scripted call through the whole stack, measured and checked. `python -m local.demo`."""
