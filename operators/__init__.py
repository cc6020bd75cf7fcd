"""What people use to look after Baton: the command line. Its own process."""
