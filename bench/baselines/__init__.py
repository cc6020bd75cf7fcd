"""The baselines: agents without Baton, in a separate worker, that Baton is measured against."""
