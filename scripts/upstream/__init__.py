"""Compares our spec with DigitalOcean's official one; see `compare_upstream`."""
