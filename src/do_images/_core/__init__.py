"""Everything that does no I/O, written once for both clients."""
