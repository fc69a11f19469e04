"""Processes: the command line, the composition root, servers, workers, relay, embedded stack."""
