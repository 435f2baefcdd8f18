"""Writes the files that are generated: models and endpoints from the spec, sync from async code."""
