"""The demo: one scripted call through everything, watched, measured and judged. `python -m local.demo`."""
