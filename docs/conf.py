"""How `make docs` builds the site. Warnings are errors: no link or name may lead nowhere."""

import ast
import inspect
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from types import GenericAlias

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

import do_images
from do_images import models
from do_images._base import Strings
from do_images.testing import _quirks

# Public classes name the package as their module. Sphinx reads the sentences under attributes in
# the source, so here they name the module that defines them.
for name in do_images.__all__:
    getattr(do_images, name)
for module in [module for name, module in sys.modules.items() if name.startswith("do_images.")]:
    for name in getattr(module, "__all__", ()):
        defined = getattr(module, name)
        if inspect.isclass(defined) and defined.__module__ == "do_images":
            defined.__module__ = module.__name__

project = "do-images"
author = "The do-images authors"
copyright = author  # noqa: A001 - Sphinx's word
version = release = do_images.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_heading_anchors = 3
myst_enable_extensions = ["substitution"]
myst_substitutions = {"quirks": _quirks.listing("**{}**")}
myst_links_external_new_tab = False

html_theme = "furo"
html_title = f"do-images {version}"
html_copy_source = False
html_show_sphinx = False
html_search_scorer = str(Path(__file__).with_name("scorer.js"))
pygments_style = "default"

autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "exclude-members": "model_config, mro"}
autodoc_class_signature = "separated"
add_module_names = False
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 80
napoleon_use_rtype = False

# What stands in single back quotes is code, as in Markdown.
default_role = "code"

nitpicky = True
# What other projects document; nothing is fetched to look it up.
nitpick_ignore_regex = [
    (r"py:.*", r"(collections|contextlib|datetime|httpx|pydantic|types|typing)(\..*)?"),
    (r"py:class", r"(Async)?Iterator|Callable|Generator|Iterable|Mapping|Self|Sequence"),
    (r"py:class", r"Pattern|TracebackType|datetime|timedelta"),
    # Names for types that say what they are.
    (r"py:class", r"ExcT|Json"),
    # A client of httpx or of httpx2, which the text of the argument says.
    (r"py:class", r"do_images\._http\.clients\.(Async)?HTTPClient"),
]

SPOKEN = {
    "Images": "do.image.",
    "Actions": "do.action.",
    "AsyncImages": "do.image.",
    "AsyncActions": "do.action.",
}


class _Full(ast.NodeTransformer):
    """Writes names in annotations out, so that they become links."""

    def __init__(self, names: dict[str, object]) -> None:
        self._names = names

    def visit_Name(self, node: ast.Name) -> ast.AST:
        known = self._names.get(node.id)
        if isinstance(known, GenericAlias):  # in a class with a method `list`
            (item,) = known.__args__
            text = f"{known.__origin__.__name__}[{item.__module__}.{item.__name__}]"
            return ast.parse(text, mode="eval").body
        if inspect.isclass(known) and known.__module__.startswith("do_images"):
            node.id = f"{known.__module__}.{known.__qualname__}"
        elif node.id in models.__all__:
            node.id = f"do_images.models.{node.id}"
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.Attribute:
        return node


def _signature(
    app: Sphinx, what: str, name: str, obj: object, options: object, given: str, returns: str
) -> tuple[str, str] | None:
    """Annotations as they are written: `RegionSlug`, not the list of all regions."""
    function = inspect.unwrap(obj) if callable(obj) else None
    if not inspect.isfunction(function) or not function.__module__.startswith("do_images"):
        return None
    try:
        source = inspect.getsource(function)
    except OSError:  # a data class has an __init__ that nobody wrote
        return None
    (node,) = ast.parse(textwrap.dedent(source)).body
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return None
    arguments = node.args
    if what == "method" and arguments.args:
        arguments.args.pop(0)
    full: Callable[[ast.AST], ast.AST] = _Full(function.__globals__).visit
    result = ast.unparse(full(node.returns)) if node.returns else ""
    return f"({ast.unparse(full(arguments))})", result


def _speak(app: Sphinx, doctree: nodes.document) -> None:
    """Methods under the names that programs call them by: `do.image.transfer`."""
    for signature in doctree.findall(addnodes.desc_signature):
        spoken = SPOKEN.get(signature.get("class", ""))
        at = signature.first_child_matching_class(addnodes.desc_name)
        if spoken and at is not None:
            signature.insert(at, addnodes.desc_addname(spoken, spoken))


def setup(app: Sphinx) -> None:
    """Sphinx calls this."""
    for kind in (models.Image, models.Region):
        hints = kind.__annotations__
        # How null becomes an empty list is no reader's business.
        hints.update({name: list[str] for name, hint in hints.items() if hint is Strings})
    app.connect("autodoc-process-signature", _signature)
    app.connect("doctree-read", _speak)
