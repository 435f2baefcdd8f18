"""The start: at once, as a module too, and with a word where the extra is missing."""

import subprocess
import sys

import pytest

from do_images.cli import main


def _python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False, timeout=60
    )


def test_help_imports_nothing_heavy() -> None:
    code = """
import sys
sys.argv = ["do-images", "--help"]
from do_images.cli import main
try:
    main()
finally:
    print(*sys.modules, file=sys.stderr)
"""
    done = _python("-c", code)
    assert "transfer" in done.stdout
    assert done.returncode == 0
    brought = set(done.stderr.split())
    assert "typer" in brought
    assert not brought & {"asyncio", "httpx", "pydantic", "rich", "tenacity", "do_images.errors"}


def test_is_a_module_too() -> None:
    done = _python("-m", "do_images", "account-transfer", "--help")
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: do-images account-transfer ")


@pytest.fixture
def _anew(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("do_images.cli.")]:
        monkeypatch.delitem(sys.modules, name)


@pytest.mark.usefixtures("_anew")
def test_says_how_to_get_the_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "typer", None)
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 1
    assert capsys.readouterr().err == 'do-images needs its extra: pip install "do-images[cli]"\n'


@pytest.mark.usefixtures("_anew")
def test_hides_no_other_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "do_images.cli._app", None)
    with pytest.raises(ModuleNotFoundError, match="_app"):
        main()
