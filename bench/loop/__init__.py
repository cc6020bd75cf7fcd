"""`make bench-loop`: the service's event loop under load, for three services side by side.

It keeps about 700 lines, not the 500 that were planned: the service began with a frozen event loop, so the
proof that this does not come back has a heartbeat that the kernel sets, clients, writers in another process,
and two baselines. Each part is needed for one of the figures.
"""
