"""The baselines: agents without Baton, in a worker of their own, that Baton is measured beside."""
