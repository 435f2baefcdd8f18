"""httpx and httpcore, once for both clients."""
