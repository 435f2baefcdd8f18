"""Benchmarks, by subject. Here stands what the server sends and the clients ask for."""

IMAGES, PER_PAGE = 10_000, 200
PAGES = IMAGES // PER_PAGE
SLUG = 7555620
"""The id of the image that is asked for on its own."""
