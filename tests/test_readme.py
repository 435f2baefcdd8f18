"""The README keeps its word: its section on testing passes as it stands."""

import re
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

README = Path(__file__).parent.parent / "README.md"


def test_the_section_on_testing_passes_as_it_stands(pytester: pytest.Pytester) -> None:
    section = README.read_text("utf-8").partition("## Testing your code")[2].partition("\n## ")[0]
    blocks = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    assert len(blocks) == 2
    pytester.makepyfile(**{f"test_{number}": block for number, block in enumerate(blocks)})
    without = ("-p", "no:asyncio", "-p", "no:cacheprovider")
    result = pytester.runpytest_inprocess("-W", "error", *without)
    assert result.parseoutcomes() == {"passed": 4}
