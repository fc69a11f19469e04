"""Processes: settings, embedded servers, command line."""
