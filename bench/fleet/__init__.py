"""`make bench-fleet`: what a store on Postgres costs a handoff, and how many calls it carries."""
