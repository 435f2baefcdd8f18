"""Writes constraints.txt: the newest versions that go together, from an empty environment."""

import subprocess
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEADER = """\
# What `make` installs, to the version. Made by "make lock"; works on CPython 3.11 to 3.14.
"""


def main() -> None:
    """Install everything once, and write down the versions."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder, "bin", "python")
        pip = [str(python), "-m", "pip", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", "--quiet", f"{ROOT}[bench,dev,docs]"], check=True)
        listed = subprocess.run(
            [
                *pip,
                "list",
                "--format=freeze",
                "--exclude=do-images",
                "--exclude=pip",
                "--exclude=setuptools",
            ],
            check=True,
            capture_output=True,
            text=True,
        )
    (ROOT / "constraints.txt").write_text(HEADER + listed.stdout)
    print(f"constraints.txt: {len(listed.stdout.splitlines())} packages")


if __name__ == "__main__":
    main()
