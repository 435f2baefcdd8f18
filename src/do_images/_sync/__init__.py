# GENERATED from src/do_images/_async/__init__.py by "make generate". Do not edit.
"""The synchronous client."""
