"""Installs an archive into an empty environment and uses it there."""

import os
import subprocess
from pathlib import Path

from scripts.interpreters import ROOT

__all__ = ["Failure", "install", "run", "types"]

# Runs far from the checkout, so that only what was installed can be imported.
PROGRAM = """
import importlib.metadata, pathlib, sys
import do_images, do_images.testing
from do_images.testing import FakeDigitalOcean
home = pathlib.Path(do_images.__file__).parent
assert home.is_relative_to(sys.prefix), home
assert (home / "py.typed").is_file()
assert do_images.__version__ == importlib.metadata.version("do-images")
with FakeDigitalOcean() as fake, fake.client() as do:
    assert do.image.transfer(7555620, "nyc3", wait=True).status == "completed"
"""


class Failure(Exception):
    """A command that did not do what it should; the text is what it printed."""


def run(command: list[str], folder: Path, path: Path | None = None) -> None:
    """Runs a command in a folder, with one more place to look for commands first."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    if path:
        environment["PATH"] = f"{path}{os.pathsep}{environment['PATH']}"
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Failure(f"{' '.join(command[:4])}: {done.stdout}{done.stderr}")


def install(python: str, archive: Path, folder: Path) -> str:
    """A new environment in the folder that has the archive; gives its interpreter."""
    run([python, "-m", "venv", str(folder)], ROOT)
    inside = str(folder / ("Scripts" if os.name == "nt" else "bin") / "python")
    pip = [inside, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    run([*pip, "install", "--constraint", str(ROOT / "constraints.txt"), str(archive)], folder)
    run([*pip, "check"], folder)
    run([inside, "-I", "-W", "error", "-c", PROGRAM], folder)
    return inside


def types(python: str, inside: str, folder: Path) -> None:
    """All that is public has types, and programs of strict users pass; on what is installed."""
    # Here pyright looks into the interpreter that it finds first, whatever --pythonpath says.
    verify = [python, "-m", "pyright", "--ignoreexternal", "--verifytypes", "do_images"]
    run(verify, folder, Path(inside).parent)
    run([python, str(ROOT / "scripts" / "check_types.py"), "--python", inside], folder)
