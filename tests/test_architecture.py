"""The architecture: which module imports which, what is public, equal twins, short call paths."""

import ast
import inspect
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from types import FrameType

import grimp
import httpx
import pytest

import do_images
from do_images import Action, AsyncClient, Client, Image, Region, errors
from do_images._async.actions import AsyncActions
from do_images._async.images import AsyncImages
from do_images._sync.actions import Actions
from do_images._sync.images import Images

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = Path(do_images.__file__).parent
TWINS = [(Client, AsyncClient), (Images, AsyncImages), (Actions, AsyncActions)]
PUBLIC_CLASSES = [side for twins in TWINS for side in twins]
# The client's signature has httpx's types; the others send and receive.
HTTP_IN_TWINS = ("client", "connection", "pool", "transport")
TENACITY = {"_core.flows", "_core.waits.polling"}
EXCEPTIONS = {
    ("do_images._core.clocks", "anyio"),
    ("do_images._core.clocks", "time"),
    ("do_images._core.options", "os"),  # environment variables
    ("do_images._core.responses", "http"),  # `HTTPStatus`, a list of words
}
SNAPSHOT = b'{"image": {"id": 7555620, "name": "golden", "created_at": "2024-05-01T12:00:00Z"}}'

CONTRACT = {
    "Client": {"action", "close", "image", "rate_limit", "with_options"},
    "Images": {
        *(
            "list",
            "iter",
            "info",
            "find",
            "latest",
            "create",
            "update",
            "destroy",
            "destroy_many",
            "prune",
            "transfer",
            "transfer_many",
        ),
        *("convert", "wait", "action_list", "action_iter", "action_info", "account_transfer"),
        *("accept_account_transfer", "decline_account_transfer", "cancel_account_transfer"),
    },
    "Actions": {"list", "iter", "info", "wait", "wait_all"},
}

# ── Imports ────────────────────────────────────────────────────────────────────────────────


@cache
def _imports() -> dict[str, frozenset[str]]:
    """What each module of ours imports; other packages by their first name alone."""
    graph = grimp.build_graph("do_images", include_external_packages=True, cache_dir=None)
    return {
        module: frozenset(graph.find_modules_directly_imported_by(module))
        for module in graph.modules
        if module.split(".")[0] == "do_images"
    }


def _importers(*targets: str) -> set[str]:
    return {module for module, imported in _imports().items() if imported & {*targets}}


def _within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def test_the_contracts_of_the_imports_are_kept() -> None:
    """Those in pyproject.toml, which draw the layers."""
    # In a process of its own: it switches off the loggers of the one that it runs in.
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_every_module_is_seen() -> None:
    files = {
        ".".join(("do_images", *path.relative_to(PACKAGE).with_suffix("").parts))
        for path in PACKAGE.rglob("*.py")
    }
    assert {file.removesuffix(".__init__") for file in files} == set(_imports())


def test_no_module_imports_itself_by_a_detour() -> None:
    TopologicalSorter(_imports()).prepare()  # raises CycleError, which shows the circle


def test_the_two_sides_never_meet() -> None:
    for module, imported in _imports().items():
        for one, other in (("_async", "_sync"), ("_sync", "_async")):
            if _within(module, f"do_images.{one}"):
                assert not [name for name in imported if _within(name, f"do_images.{other}")]


@pytest.mark.parametrize(
    ("package", "also"),
    [
        # The fake's routes are the endpoints of the spec, and it replaces transport and clock.
        (
            "do_images.testing",
            {
                "do_images._base",
                "do_images._core.clocks",
                "do_images._endpoints",
                "do_images._http.interception",
                "do_images.models",
            },
        ),
        ("do_images.cli", {"do_images.models", "do_images.testing"}),
    ],
)
def test_the_fake_and_the_command_use_the_public_api(package: str, also: set[str]) -> None:
    for module, imported in _imports().items():
        if _within(module, package):
            ours = {name for name in imported if _within(name, "do_images")}
            outside = {name for name in ours if not _within(name, package)}
            assert outside <= {"do_images", *also}, module


def test_nothing_else_imports_the_fake_or_the_command() -> None:
    allowed = {"do_images.testing": {"do_images.cli"}, "do_images.cli": {"do_images.__main__"}}
    for package, users in allowed.items():
        inside = [name for name in _imports() if _within(name, package)]
        outside = {name for name in _importers(*inside) if not _within(name, package)}
        assert not [name for name in outside if not any(_within(name, user) for user in users)]


def _users(library: str) -> set[str]:
    """The modules that import a library, without those of the fake and the command."""
    outer = ("do_images.testing", "do_images.cli")
    return {
        name.removeprefix("do_images.")
        for name in _importers(library)
        if not any(_within(name, package) for package in outer)
    }


def test_few_modules_import_httpx_and_tenacity() -> None:
    twins = {f"{side}.{name}" for side in ("_async", "_sync") for name in HTTP_IN_TWINS}
    users = _users("httpx") | _users("httpcore")
    assert {name for name in users if not _within(name, "_http")} <= twins
    assert _users("tenacity") <= TENACITY


def test_what_is_below_http_does_no_io() -> None:
    """It gets the time and the bytes as arguments."""
    io = ("anyio", "asyncio", "http", "httpcore", "httpx", "selectors", "socket", "ssl", "urllib3")
    pure = ("do_images._core", "do_images.errors", "do_images.models", "do_images._base")
    found = {
        (module, name)
        for module, imported in _imports().items()
        if any(_within(module, package) for package in pure)
        for name in imported & {*io, "os", "time"}
    }
    assert found <= EXCEPTIONS


# ── What is public ──────────────────────────────────────────────────────────────────────────


def test_all_is_sorted_and_complete() -> None:
    """What the type checkers see is what `__all__` names, and what there is at run time."""
    statements = ast.parse((PACKAGE / "__init__.py").read_text()).body
    (switch,) = (node for node in statements if isinstance(node, ast.If))
    imports = [node for node in switch.body if isinstance(node, ast.ImportFrom)]
    assert do_images.__all__ == sorted(alias.name for node in imports for alias in node.names)
    assert do_images.__all__ == [name for name in dir(do_images) if name in do_images.__all__]
    assert [name for name in dir(do_images) if name not in do_images.__all__] == [
        name for name in dir(do_images) if name.startswith("__") and name != "__version__"
    ]


def test_freezers_see_every_module_that_is_imported_lazily() -> None:
    """Nuitka and others follow the import statements outside of `if TYPE_CHECKING:`."""
    (switch,) = (
        node
        for node in ast.parse((PACKAGE / "__init__.py").read_text()).body
        if isinstance(node, ast.If)
    )
    lazy = {
        f"{node.module}.{alias.name}"
        for statement in switch.orelse
        for node in ast.walk(statement)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert {node.module for node in switch.body if isinstance(node, ast.ImportFrom)} == lazy


def test_public_modules_are_attributes_too() -> None:
    code = "import do_images; print(do_images.errors.NotFoundError is do_images.NotFoundError)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"


def test_there_is_nothing_else() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Droplet'"):
        getattr(do_images, "Droplet")  # noqa: B009 - checkers know that it is not there


def test_all_holds_the_errors_and_what_the_contract_names() -> None:
    named = {"Action", "AsyncClient", "Client", "Image", "RateLimit", "Region"}
    assert {*errors.__all__, *named} <= {*do_images.__all__}


def test_each_error_is_listed_in_the_tree() -> None:
    tree = inspect.getdoc(errors) or ""
    for name in errors.__all__:
        if issubclass(getattr(do_images, name), Exception):
            assert f" {name} " in tree.replace("\n", " "), name


def _members(side: type) -> dict[str, object]:
    return {name: getattr(side, name) for name in dir(side) if not name.startswith("_")}


@pytest.mark.parametrize("side", PUBLIC_CLASSES)
def test_every_method_of_the_contract_is_there_and_no_other(side: type) -> None:
    wanted = CONTRACT[side.__name__.removeprefix("Async")]
    if side is AsyncClient:
        wanted = wanted - {"close"} | {"aclose"}
    assert set(_members(side)) == wanted


@pytest.mark.parametrize("side", PUBLIC_CLASSES)
def test_every_method_documents_itself_and_its_arguments(side: type) -> None:
    for name, member in _members(side).items():
        method = member.fget if isinstance(member, property) else member
        assert callable(method)
        text = inspect.getdoc(method)
        assert text, f"{side.__name__}.{name}"
        for parameter in list(inspect.signature(method).parameters)[1:]:
            assert f"    {parameter}: " in text, f"{side.__name__}.{name}: {parameter}"


@pytest.mark.parametrize("side", [Images, Actions])
def test_every_method_names_its_endpoint_and_scope(side: type) -> None:
    for name, member in _members(side).items():
        text = inspect.getdoc(member) or ""
        assert "/v2/" in text, name
        assert "scope" in text, name
        assert "Raises:" in text, name


@pytest.mark.parametrize("model", [Action, Image, Region])
def test_every_field_has_a_sentence(model: type[Action | Image | Region]) -> None:
    for name, field in model.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name


def test_every_exported_name_has_a_text() -> None:
    for name in do_images.__all__:
        value = getattr(do_images, name)
        assert isinstance(value, str) or inspect.getdoc(value), name


def test_importing_brings_nothing_that_is_not_needed() -> None:
    code = """
import sys
import httpx, pydantic
before = set(sys.modules)
import do_images
assert not [name for name in sys.modules if name.startswith("do_images.")]
do_images.Client
print(*(set(sys.modules) - before))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    brought = {name.split(".")[0] for name in done.stdout.split()}
    assert "do_images" in brought
    assert not brought & {"asyncio", "jsonschema", "pytest", "rich", "tenacity", "typer", "yaml"}
    modules = {name for name in done.stdout.split() if name.startswith("do_images.")}
    assert not [name for name in modules if name.split(".")[1] in {"_async", "cli", "testing"}]


# ── Twins ───────────────────────────────────────────────────────────────────────────────────


def _shape(method: Callable[..., object]) -> str:
    """A signature as text, without the words that tell the two sides apart."""
    text = str(inspect.signature(method))
    return text.replace("Async", "").replace("._async.", "._sync.")


@pytest.mark.parametrize(("one", "other"), TWINS)
def test_twins_have_the_same_signatures(one: type, other: type) -> None:
    renamed = {"close": "aclose", "__enter__": "__aenter__", "__exit__": "__aexit__"}
    methods = {name: value for name, value in vars(one).items() if inspect.isfunction(value)}
    assert methods
    for name, method in methods.items():
        twin = getattr(other, renamed.get(name, name))
        assert _shape(method) == _shape(twin), name
        assert (method.__doc__ is None) == (twin.__doc__ is None), name


@pytest.mark.parametrize("side", [AsyncImages, AsyncActions])
def test_all_is_awaited_but_what_iterates(side: type) -> None:
    for name, member in _members(side).items():
        assert inspect.iscoroutinefunction(member) is not name.endswith("iter"), name


def test_both_sides_have_the_same_modules() -> None:
    written, generated = (
        {path.name for path in (PACKAGE / side).glob("*.py")} for side in ("_async", "_sync")
    )
    assert written == generated


# ── Short call paths ─────────────────────────────────────────────────────────────────────────────


class CallPath:
    """Records which of our functions a call runs through, in three parts.

    Resuming a generator counts as a call.
    """

    def __init__(self) -> None:
        self._httpx = str(Path(httpx.__file__).parent)
        self.begin()

    def begin(self) -> None:
        self.before: list[str] = []
        self.during: list[str] = []
        self.after: list[str] = []
        self._part = self.before

    def answer(self, _: httpx.Request) -> httpx.Response:
        self._part = self.after
        return httpx.Response(200, content=SNAPSHOT, headers={"ratelimit-limit": "5000"})

    @contextmanager
    def recorded(self) -> Generator[None]:
        sys.setprofile(self._record)
        try:
            yield
        finally:
            sys.setprofile(None)

    def _record(self, frame: FrameType, event: str, _: object) -> None:
        if event != "call":
            return
        file = frame.f_code.co_filename
        if file.startswith(self._httpx) and self._part is self.before:
            self._part = self.during
        elif file.startswith(str(PACKAGE)):
            self._part.append(frame.f_code.co_qualname)


@pytest.mark.parametrize("id_slug", [7555620, "ubuntu-24-04-x64"])
def test_a_call_runs_through_few_functions(id_slug: int | str) -> None:
    path = CallPath()
    http = httpx.Client(transport=httpx.MockTransport(path.answer))
    with Client("token", http_client=http) as do:
        images = do.image
        images.info(id_slug)  # pydantic finishes the models at their first use
        path.begin()
        with path.recorded():
            images.info(id_slug)
    assert path.before[0] == "Images.info"
    assert len(path.before) <= 15, path.before
    assert len(path.after) <= 14, path.after
