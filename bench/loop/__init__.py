"""`make bench-loop`: the service's event loop under load, for three services side by side.

It keeps about 700 lines instead of the planned 500. The service once had an event loop that froze, and the
proof that this does not come back needs a heartbeat set by the kernel, clients, writers in another process,
and two baselines. Each part is needed for one of the figures.
"""
