"""How many calls this worker carries well, which calls get in, and who waits in line."""
