"""The telephone demo: an incoming call, a call to a person, and a picture of both."""
