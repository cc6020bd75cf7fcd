"""`baton operators`: who may do what, and where they are signed in."""
