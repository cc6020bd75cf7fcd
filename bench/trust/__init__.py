"""What privacy and security cost the calls, and what is left of a forgotten caller."""
