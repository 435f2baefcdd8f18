"""Checks what `make build` builds; see `__main__`."""
