"""The pages and the README keep their word: every block of Python in them runs against the fake.

The blocks of a page are one program, run from top to bottom; each section begins with a new fake.
`Client(...)` and `AsyncClient(...)` become clients of that fake, whose time is virtual, and so do
HTTP clients. What pages take for granted is there: `do`, and all that the package exports.
Functions called `test_...` get the fixtures of the pytest plugin.
"""

import ast
import asyncio
import inspect
import logging
import re
import sys
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import httpx
import pytest

import do_images
from do_images import AsyncClient, Client, models, testing
from do_images.testing import FakeDigitalOcean

ROOT = Path(__file__).resolve().parent.parent
PAGES = {
    path.relative_to(ROOT).as_posix(): path
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
    if "```python\n" in path.read_text("utf-8")
}
# The tests of this page run under pytest, with fixtures of other plugins: see test_readme.py.
TOOLS = "docs/tasks/other-tools.md"
# What a page shows and the development tools don't bring: its block runs where it is installed.
OPTIONAL = {"fastapi", "pandas", "sentry_sdk"}
# Languages of blocks that are no programs.
SHOWN = {"console", "text", "yaml", "toml", "{toctree}", "{eval-rst}", "{image}", "{include}"}
SNAPSHOT, CUSTOM = 7555620, 7555622


class Block:
    """A fenced block of Python."""

    def __init__(self, page: str, line: int, source: str) -> None:
        # So many lines down that a traceback names the line of the page.
        tree = ast.parse("\n" * line + source, page)
        tree = ast.fix_missing_locations(_OfFake().visit(tree))
        self.code: CodeType = compile(tree, page, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        self.awaits = bool(self.code.co_flags & inspect.CO_COROUTINE)
        defined = (ast.FunctionDef, ast.AsyncFunctionDef)
        names = [node.name for node in tree.body if isinstance(node, defined)]
        self.tests = [name for name in names if name.startswith("test_")]


class _OfFake(ast.NodeTransformer):
    """Lets calls of clients make clients of the fake."""

    MADE = ("Client", "AsyncClient", "httpx.Client", "httpx.AsyncClient")

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        made = ast.unparse(node.func)
        if made in self.MADE:
            node.func = ast.Subscript(ast.Name("_made", ast.Load()), ast.Constant(made), ast.Load())
        return node


def sections(page: str) -> list[list[Block]]:
    """The blocks of each section, in order."""
    text = PAGES[page].read_text("utf-8")
    found: dict[int, list[Block]] = {}
    for match in re.finditer(r"(?m)^```python\n(.*?)^```$", text, re.DOTALL):
        before = text[: match.start(1)]
        block = Block(page, before.count("\n"), match[1])
        if page == TOOLS and block.tests:
            continue
        found.setdefault(before.count("\n## "), []).append(block)
    return list(found.values())


def clients_of(fake: FakeDigitalOcean) -> dict[str, Callable[..., Any]]:
    """What stands for the classes of clients, where a fake is installed."""

    def client(token: str | None = None, **options: Any) -> Client:
        options.setdefault("clock", fake.clock)  # beside an HTTP client of its own
        return Client(token, **options)

    def async_client(token: str | None = None, **options: Any) -> AsyncClient:
        options.setdefault("clock", fake.async_clock)
        return AsyncClient(token, **options)

    def http(**options: Any) -> httpx.Client:
        options |= {"transport": fake.transport, "http2": False}  # h2 may be missing
        return httpx.Client(**options)

    def async_http(**options: Any) -> httpx.AsyncClient:
        options |= {"transport": fake.async_transport, "http2": False}
        return httpx.AsyncClient(**options)

    return dict(zip(_OfFake.MADE, (client, async_client, http, async_http), strict=True))


class Spaces(ModuleType):
    """What stands for `boto3`, and for a client of it: a Space that keeps names of files."""

    def __init__(self) -> None:
        super().__init__("boto3")
        self.objects: set[str] = set()

    def client(self, service: str, *, region_name: str, endpoint_url: str) -> "Spaces":
        assert (service, endpoint_url) == ("s3", f"https://{region_name}.digitaloceanspaces.com")
        return self

    def upload_file(self, filename: str, bucket: str, key: str) -> None:
        self.objects.add(f"{bucket}/{key}")

    def generate_presigned_url(
        self,
        method: str,
        *,
        Params: dict[str, str],  # noqa: N803 - boto3's names
        ExpiresIn: int,  # noqa: N803
    ) -> str:
        assert f"{Params['Bucket']}/{Params['Key']}" in self.objects
        host = f"{Params['Bucket']}.nyc3.digitaloceanspaces.com"
        return f"https://{host}/{Params['Key']}?X-Amz-Expires={ExpiresIn}&X-Amz-Signature=5f0c"

    def delete_object(self, *, Bucket: str, Key: str) -> None:  # noqa: N803
        self.objects.remove(f"{Bucket}/{Key}")


@pytest.fixture(autouse=True)
def _spaces(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Pages that upload files leave none behind."""
    spaces = Spaces()
    monkeypatch.setitem(sys.modules, "boto3", spaces)
    yield
    assert spaces.objects == set()


class Reader:
    """Runs the blocks of a page one after the other."""

    def __init__(self) -> None:
        self._made: dict[str, Callable[..., Any]] = {}
        self._names: dict[str, Any] = {"__name__": "page", "_made": self._made}
        self._names |= {name: getattr(do_images, name) for name in do_images.__all__}

    def begin(self, fake: FakeDigitalOcean) -> None:
        """Lets the clients from now on be those of a fake."""
        self._fake = fake
        self._made.update(clients_of(fake))
        with fake.client() as do:
            copies = [do.image.transfer(it, "blr1", wait=True) for it in (SNAPSHOT, CUSTOM)]
            self._names |= {"action": copies[0], "actions": copies}
            self._names["image"] = do.image.info(SNAPSHOT)

    def run(self, block: Block) -> None:
        """Raises what the block raises."""
        with self._fake.installed():
            if block.awaits:
                asyncio.run(self._awaited(block))
            else:
                self._names["do"] = self._made["Client"]()
                try:
                    exec(block.code, self._names)
                except ModuleNotFoundError as error:
                    if error.name not in OPTIONAL:
                        raise
        for name in block.tests:
            self._test(self._names[name])

    async def _awaited(self, block: Block) -> None:
        self._names["do"] = self._made["AsyncClient"]()
        running: Coroutine[Any, Any, None] = eval(block.code, self._names)
        await running

    def _test(self, function: Callable[..., Any]) -> None:
        """Calls it as pytest would, with a fake of its own."""
        with FakeDigitalOcean() as fake, fake.client() as do, fake.installed():
            given = {"do": do, "async_do": fake.async_client(), "fake_digitalocean": fake}
            given["mock_digitalocean"] = fake
            wanted = inspect.signature(function).parameters
            outcome = function(**{name: given[name] for name in wanted})
            if inspect.iscoroutine(outcome):
                asyncio.run(outcome)


@pytest.fixture
def _own_logging() -> Iterator[None]:
    """Takes back what a page does to the log."""
    loggers = [logging.getLogger(name) for name in (None, "do_images", "httpx")]
    before = [(logger, logger.level, [*logger.handlers]) for logger in loggers]
    yield
    for logger, level, handlers in before:
        logger.setLevel(level)
        logger.handlers = handlers


@pytest.fixture
def new_fake(monkeypatch: pytest.MonkeyPatch, _own_logging: None) -> Callable[[], FakeDigitalOcean]:
    """Makes a fake whose token is in the environment."""

    def make() -> FakeDigitalOcean:
        fake = FakeDigitalOcean()
        monkeypatch.setenv("DIGITALOCEAN_ACCESS_TOKEN", fake.token())
        return fake

    return make


@pytest.mark.parametrize("page", PAGES)
def test_every_block_of_the_page_runs(page: str, new_fake: Callable[[], FakeDigitalOcean]) -> None:
    reader = Reader()
    for section in sections(page):
        reader.begin(new_fake())
        for block in section:
            reader.run(block)


def test_no_block_is_of_a_language_that_nobody_runs() -> None:
    for path in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")):
        fences = re.findall(r"(?m)^```(\S*).*$", path.read_text("utf-8"))
        assert {*fences[::2]} <= {"python", *SHOWN}, path


@pytest.mark.parametrize("wrong", ["do.image.clone(1)", "await do.image.info(0)"])
def test_a_block_that_is_wrong_fails(
    wrong: str,
    new_fake: Callable[[], FakeDigitalOcean],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# A page\n\n```python\n{wrong}\n```\n")
    monkeypatch.setitem(PAGES, "page.md", page)
    ((block,),) = sections("page.md")
    reader = Reader()
    reader.begin(new_fake())
    with pytest.raises((AttributeError, ValueError)) as caught:
        reader.run(block)
    assert any(it.frame.code.raw.co_filename == "page.md" for it in caught.traceback)
    assert any(it.lineno == 3 for it in caught.traceback)


def test_every_page_can_be_reached() -> None:
    docs = ROOT / "docs"
    listed = {docs / "index.md"}
    for path in docs.rglob("*.md"):
        for tree in re.findall(r"(?ms)^```\{toctree\}\n(.*?)^```", path.read_text("utf-8")):
            names = [line for line in tree.split() if not line.startswith(":")]
            listed |= {path.parent / f"{name}.md" for name in names if name[0].islower()}
    assert {*docs.rglob("*.md")} <= listed


def test_the_reference_holds_all_that_is_public() -> None:
    text = "".join(path.read_text("utf-8") for path in (ROOT / "docs/reference").glob("*.md"))
    documented = {*re.findall(r"(?m)^\.\. auto\w+:: .*\.(\w+)$", text)}
    exported = {*do_images.__all__, *models.__all__, *testing.__all__}
    assert exported - {"__version__"} <= documented
