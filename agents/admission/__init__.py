"""How many calls this worker carries well, who gets in, and who waits in line."""
