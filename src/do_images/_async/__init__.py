"""The asynchronous client: the source that the synchronous one is generated from."""
