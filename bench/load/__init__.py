"""`make bench-load`: what a call costs the machine, and what happens when more arrive than it carries."""
