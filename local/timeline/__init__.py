"""Draws the timeline of a call as SVG."""
