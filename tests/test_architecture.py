"""The rules of the code that a machine can hold: layers, sizes, purity, words, operators, errors, docstrings."""

import ast
import gc
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "seggql"
LONGEST_FILE = 400
LONGEST_FUNCTION = 50

FORBIDDEN_WORDS = {
    "util",
    "utils",
    "helper",
    "helpers",
    "common",
    "service",
    "handler",
    "processor",
    "data",
    "info",
} | {
    "obj",
    "manager",
}
ALLOWED_NAMES = {
    "*": {"data_dir", "Info", "PageInfo", "page_info", "plugin_manager"},
    "plugins": {"manager"},
    "endpoint": {"data", "graphql_transport_ws_handler_class"},
}
"""By module. Info is what GraphQL passes to resolvers, PageInfo Relay's word, a plugin manager pluggy's, and
`data` a parameter of a method that Strawberry calls, the handler class an attribute that it reads."""

Find = Callable[[Path, ast.Module], Iterator[tuple[int, str]]]
Function = ast.FunctionDef | ast.AsyncFunctionDef


def production_files() -> list[Path]:
    """Every Python file that ships."""
    return sorted([*SOURCE.rglob("*.py"), *(ROOT / "plugins").rglob("*.py")])


def all_files() -> list[Path]:
    """Every Python file of the repository."""
    others = [path for folder in ("tests", "benchmarks") for path in sorted((ROOT / folder).rglob("*.py"))]
    return [*production_files(), *others]


def assert_none(files: list[Path], find: Find, advice: str) -> None:
    """Fail with every place that `find` yields in `files`, and what to do about it."""
    places = [
        f"  {path.relative_to(ROOT)}:{line}: {what}" for path in files for line, what in find(path, tree_of(path))
    ]
    if places:
        pytest.fail("\n".join([advice, *places]), pytrace=False)


def tree_of(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    with without_garbage_collection():
        return ast.parse(path.read_text(), str(path))


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """CPython 3.11 counts how deep a tree is in one place for everybody: Python code that a collection runs amid its
    making (finalizers of what other tests left) makes that a SystemError, "AST constructor recursion depth mismatch".
    Source: pytest-dev/pytest#10763.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def test_imports_go_down_the_layers_only() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if checked.returncode:
        pytest.fail(f"Layers (pyproject.toml, tool.importlinter) are broken:\n{checked.stdout}", pytrace=False)


def test_files_are_short() -> None:
    def long_files(path: Path, tree: ast.Module) -> Iterator[tuple[int, str]]:
        if (lines := len(path.read_text().splitlines())) > LONGEST_FILE:
            yield lines, f"{lines} lines"

    assert_none(all_files(), long_files, f"Files of more than {LONGEST_FILE} lines: split them by noun.")


def test_functions_are_short() -> None:
    def long_functions(path: Path, tree: ast.Module) -> Iterator[tuple[int, str]]:
        for function in functions_of(tree):
            lines = (function.end_lineno or 0) - function.lineno + 1
            if lines > LONGEST_FUNCTION:
                yield function.lineno, f"{function.name} has {lines} lines"

    assert_none(all_files(), long_functions, f"Functions of more than {LONGEST_FUNCTION} lines: split them.")


def functions_of(tree: ast.Module) -> Iterator[Function]:
    """Every function of a module, at any depth."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_modules_say_their_duty_in_one_line() -> None:
    def silent(path: Path, tree: ast.Module) -> Iterator[tuple[int, str]]:
        first_line = (ast.get_docstring(tree) or "").split("\n")[0]
        if tree.body and not first_line.endswith((".", ":", "?")):
            yield 1, f"its docstring begins {first_line!r}" if first_line else "no docstring"

    assert_none(production_files(), silent, "The first line of a module is a docstring: one sentence, its one duty.")


def test_names_avoid_words_that_say_nothing() -> None:
    def empty_words(path: Path, tree: ast.Module) -> Iterator[tuple[int, str]]:
        for line, name in [(1, path.stem), *names_defined(path, tree)]:
            if (
                words_of(name) & FORBIDDEN_WORDS
                and name not in ALLOWED_NAMES.get(path.stem, set()) | ALLOWED_NAMES["*"]
            ):
                yield line, name

    assert_none(
        production_files(),
        empty_words,
        f"Names say what a thing is; never {', '.join(sorted(FORBIDDEN_WORDS))}.",
    )


def names_defined(path: Path, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Classes, functions, parameters and variables that a module defines, with their lines."""
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield node.lineno, name
            case ast.arg(arg=name) if not is_resolver_info(node):
                yield node.lineno, name
            case ast.Name(id=name, ctx=ast.Store()):
                yield node.lineno, name


def is_resolver_info(argument: ast.arg) -> bool:
    """Whether this is the `info` that Strawberry and GraphQL pass to resolvers and extensions."""
    return argument.arg == "info" and "Info" in ast.unparse(argument.annotation or ast.Constant(""))


def words_of(name: str) -> set[str]:
    """The words of a snake_case or CamelCase name, in lower case."""
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}


OPERATOR = re.compile(r"\$\$?[a-zA-Z]")


def test_mongodb_operators_stay_with_the_renderers_and_the_storage() -> None:
    def operators(path: Path, tree: ast.Module) -> Iterator[tuple[int, str]]:
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and OPERATOR.match(node.value):
                yield node.lineno, repr(node.value)

    allowed = [SOURCE / folder for folder in ("mongo", "packs", "store")]
    files = [path for path in production_files() if not any(path.is_relative_to(folder) for folder in allowed)]
    assert_none(files, operators, 'MongoDB\'s "$…" stands only in mongo/, packs/ and store/.')


PURE = ("query", "mongo", "columns", "catalog")
CLOCKS = {"now", "utcnow", "today", "monotonic", "perf_counter", "time_ns"}


def test_the_compiler_and_the_renderers_have_no_clock_and_no_files() -> None:
    def impure(path: Path, tree: ast.Module) -> Iterator[tuple[int, str]]:
        for node in ast.walk(tree):
            match node:
                case ast.AsyncFunctionDef(name=name):
                    yield node.lineno, f"async def {name}: nothing here waits"
                case ast.Call(func=ast.Attribute(attr=attribute)) if attribute in CLOCKS:
                    yield node.lineno, f".{attribute}(): as_of is a parameter"
                case ast.Call(func=ast.Name(id="open" | "print" | "input" as call)):
                    yield node.lineno, f"{call}()"

    files = [path for folder in PURE for path in sorted((SOURCE / folder).rglob("*.py"))]
    assert_none(files, impure, f"{', '.join(PURE)} are pure: no clock, no I/O.")


EDGE_MARK = re.compile(r"#.*(plugin|process edge)")


def test_everything_is_caught_only_at_a_plugin_call_and_at_the_process_edge() -> None:
    def catch_alls(path: Path, tree: ast.Module) -> Iterator[tuple[int, str]]:
        lines = path.read_text().splitlines()
        for node in ast.walk(tree):
            if isinstance(node, ast.ExceptHandler) and catches_all(node) and not reraises(node):
                line = lines[node.lineno - 1]
                if not EDGE_MARK.search(line):
                    yield node.lineno, line.strip()

    assert_none(
        production_files(),
        catch_alls,
        "Catch what you expect. At a plugin call or the process edge, mark the line: "
        "`except Exception:  # a plugin may raise anything` or `# process edge: why`.",
    )


def catches_all(handler: ast.ExceptHandler) -> bool:
    """Whether it catches whatever there is."""
    names = {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)} if handler.type else set()
    return handler.type is None or bool(names & {"Exception", "BaseException"})


def reraises(handler: ast.ExceptHandler) -> bool:
    """Whether it ends by raising what it caught, as a clean-up does."""
    return isinstance(handler.body[-1], ast.Raise) and handler.body[-1].exc is None


def test_an_ignored_type_error_says_which_and_why() -> None:
    def unexplained(path: Path, tree: ast.Module) -> Iterator[tuple[int, str]]:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            mark = re.search(r"#\s*type:\s*" + "ignore(.*)", line)
            if mark and not re.match(r"\[[a-z-]+(, ?[a-z-]+)*\]  # \w+", mark[1]):
                yield number, line.strip()

    assert_none(all_files(), unexplained, "Write `# type: " + "ignore[code]  # the reason`.")


def test_every_folder_of_tests_is_a_package_so_that_names_never_clash() -> None:
    folders = {path.parent for path in (ROOT / "tests").rglob("test_*.py")}
    assert [str(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []
