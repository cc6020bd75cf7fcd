"""For the people who operate Baton: command line, API and console. Runs as its own process."""
