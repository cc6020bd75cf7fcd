"""The holder's side of a handoff, from the committed request to its one end."""
