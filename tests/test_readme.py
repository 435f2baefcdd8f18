"""README and docs keep their word: what they say on testing passes as it stands."""

import re
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

README = Path(__file__).parent.parent / "README.md"
WITHOUT = ("-p", "no:asyncio", "-p", "no:cacheprovider", "-p", "no:schemathesis")


def test_the_section_on_testing_passes_as_it_stands(pytester: pytest.Pytester) -> None:
    section = README.read_text("utf-8").partition("## Testing your code")[2].partition("\n## ")[0]
    blocks = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    assert len(blocks) == 2
    pytester.makepyfile(**{f"test_{number}": block for number, block in enumerate(blocks)})
    result = pytester.runpytest_inprocess("-W", "error", *WITHOUT)
    assert result.parseoutcomes() == {"passed": 4}


def test_the_examples_of_the_docs_run(pytester: pytest.Pytester) -> None:
    text = (README.parent / "docs/testing.md").read_text("utf-8")
    application, installed, test, fixture, module, client, faults, unused = re.findall(
        r"```python\n(.*?)```", text, re.DOTALL
    )
    pytester.makepyfile(
        test_application=f"from do_images import Client\n{application}\n{installed}",
        test_module=(
            "import pytest\nfrom do_images import Client\n"
            f"from do_images.testing import FakeDigitalOcean\n{module}\n\n"
            "def test(mock_digitalocean):\n    assert Client().image.info(7555620)\n"
        ),
        test_three_lines=test,
        test_client=f"{client}\n\ndef test():\n    assert do.image.info(7555620)\n",
        test_faults=(
            "from do_images.testing import FakeDigitalOcean\n\nfake = FakeDigitalOcean()\n"
            f"{faults}\n{unused}\n\ndef test():\n    assert fake.faults_left == 4\n"
        ),
    )
    folder = pytester.mkpydir("folder")
    folder.joinpath("conftest.py").write_text(fixture)
    folder.joinpath("test_empty.py").write_text("def test(do):\n    assert not do.image.list()\n")
    result = pytester.runpytest_inprocess("-W", "error", *WITHOUT)
    assert result.parseoutcomes() == {"passed": 6}


_CASSETTE = """
interactions:
- request:
    body: ''
    headers: {accept: [application/json]}
    method: GET
    uri: https://api.digitalocean.com/v2/images/7555620
  response:
    body: {string: '{"image": {"id": 7555620, "name": "golden", "created_at": "2026-05-04T22:23:02Z"}}'}
    headers: {content-type: [application/json]}
    status: {code: 200, message: OK}
version: 1
"""


def test_the_tests_with_other_tools_pass_as_they_stand(pytester: pytest.Pytester) -> None:
    pytest.importorskip("pytest_httpx", reason="each version needs one version of httpx")
    text = (README.parent / "docs/tasks/other-tools.md").read_text("utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    tests = [block for block in blocks if "\ndef test_" in block]
    pytester.makepyfile(**{f"test_{number}": block for number, block in enumerate(tests)})
    cassettes = pytester.mkdir("tests") / "cassettes"
    cassettes.mkdir()
    (cassettes / "image.yaml").write_text(_CASSETTE)
    result = pytester.runpytest_inprocess("-W", "error", *WITHOUT)
    assert result.parseoutcomes() == {"passed": 5}
