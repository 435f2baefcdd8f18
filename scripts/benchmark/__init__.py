"""Benchmarks, by subject. This module holds the sizes of what the server sends."""

IMAGES, PER_PAGE = 10_000, 200
PAGES = IMAGES // PER_PAGE
SLUG = 7555620
"""The id of the image that is asked for on its own."""
