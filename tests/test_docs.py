"""What the documentation says is so: its queries run, and find whom it says."""

import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from pyroaring import BitMap

from seggql.errors import ProblemCode
from seggql.evaluation.listing import list_profiles
from seggql.query.compile import compile_query
from seggql.query.limits import Limits
from seggql.query.parser import parse
from seggql.query.planner import plan
from seggql.query.planning.estimates import Statistics
from seggql.query.printer import print_document
from seggql.settings import Settings
from seggql.store.hub import Hub
from seggql.store.keys import find_ordinals
from seggql.store.snapshot import SnapshotSources, take_snapshot
from tests.docs_catalog import AS_OF, CATALOG, SEGMENTS, docs_scope
from tests.docs_world import load_docs_world
from tests.query.test_conformance import OWN, PUBLISHED, statements

GUIDE = Path(__file__).parents[1] / "docs" / "language.md"
BLOCK = re.compile(r"^```segql\n(.*?)^```$", re.DOTALL | re.MULTILINE)
MEMBERS = re.compile(r"^-- => (.*)$", re.MULTILINE)
NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A query of the guide, the line it begins on, and the keys it says are found, where it says so."""

    line: int
    text: str

    @property
    def members(self) -> list[str] | None:
        """The keys after `-- =>`, in the order of a listing or else of the alphabet."""
        said = MEMBERS.search(self.text)
        if said is None:
            return None
        return [] if said[1] == NOBODY else said[1].split(", ")


def examples() -> list[Example]:
    """The queries of the guide."""
    guide = GUIDE.read_text(encoding="utf-8")
    return [Example(line=guide.count("\n", 0, block.start()) + 2, text=block[1]) for block in BLOCK.finditer(guide)]


@pytest.mark.parametrize("example", examples(), ids=lambda example: f"line-{example.line}")
def test_every_query_in_the_language_guide_is_read(example: Example) -> None:
    document = parse(example.text, Limits())

    assert parse(print_document(document), Limits()) == document


async def members_of(hub: Hub, segment: str) -> BitMap:
    return BitMap((await find_ordinals(hub, "Contact", SEGMENTS[segment])).values())


async def test_every_query_in_the_language_guide_runs(hub: Hub, settings: Settings) -> None:
    await load_docs_world(hub)
    sources = SnapshotSources(hub, await take_snapshot(hub), partial(members_of, hub))
    found, said = {}, {}

    for example in examples():
        query = plan(compile_query(example.text, docs_scope(), Limits()), AS_OF, Statistics())
        keys = [profile.key for profile in await list_profiles(query, sources, CATALOG, settings, at_most=100)]
        found[example.line] = keys if query.listing else sorted(keys)
        said[example.line] = example.members

    assert found == said


def test_the_cookbook_has_the_published_statements_as_they_are_meant() -> None:
    recipes = [parse(example.text, Limits()) for example in examples()]

    for statement in [*statements(OWN), *statements(PUBLISHED)]:
        if "meant" in statement:
            assert parse(statement["meant"], Limits()) in recipes, statement["id"]


@pytest.mark.parametrize("code", [code.value for code in ProblemCode if code is not ProblemCode.WARNING])
def test_every_error_code_is_in_the_language_guide(code: str) -> None:
    assert f"`{code}`" in GUIDE.read_text(encoding="utf-8")


@pytest.mark.parametrize("setting", [name for name in Settings.model_fields if name.startswith("query_")])
def test_every_limit_is_in_the_language_guide(setting: str) -> None:
    assert f"`SEGGQL_{setting.upper()}`" in GUIDE.read_text(encoding="utf-8")


def test_the_cookbook_has_enough_recipes() -> None:
    cookbook = GUIDE.read_text(encoding="utf-8").partition("\n## Cookbook\n")[2]

    assert len(BLOCK.findall(cookbook)) >= 25
