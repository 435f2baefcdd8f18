"""Waiting for actions, transfers and images, without I/O."""
