"""Checks what `make build` has built; see `__main__`."""
