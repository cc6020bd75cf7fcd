"""Turns written text into the English words that a careful reader would say. Pure: text in, text out."""
