"""Says so where this Python is too old; it runs on every version, old ones too."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - pyproject.toml holds for the others, not for this one
    message = "do-images needs Python 3.11 or newer, and this is %d.%d: try make PYTHON=python3.11"
    sys.exit(message % sys.version_info[:2])
