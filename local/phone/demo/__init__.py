"""The demo by telephone: a call in, a person called, and a picture of both."""
