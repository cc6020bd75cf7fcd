"""Calls outlive their processes: heartbeats, leases, draining and recovery."""
