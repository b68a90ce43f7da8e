from hypothesis import given
from hypothesis import strategies as st

from seggql.segments.ordering import in_dependency_order, path_between

NAMES = [f"s{index}" for index in range(8)]


@st.composite
def acyclic_graphs(draw: st.DrawFn) -> dict[str, tuple[str, ...]]:
    """Each name uses only names before it, or some outside the run."""
    graph = {
        name: tuple(draw(st.sets(st.sampled_from([*NAMES[:index], "outside"]), max_size=3)))
        for index, name in enumerate(NAMES)
    }
    return dict(draw(st.permutations(list(graph.items()))))


@given(acyclic_graphs())
def test_every_name_follows_what_it_uses_and_groups_do_not_need_each_other(graph: dict[str, tuple[str, ...]]) -> None:
    groups = in_dependency_order(graph)
    assert sorted(name for group in groups for name in group) == sorted(graph)
    for group in groups:
        for index, name in enumerate(group):
            used = [other for other in graph[name] if other in graph]
            assert set(used) <= set(group[:index])


def test_the_path_of_a_cycle_is_found() -> None:
    graph = {"A": ("B", "D"), "B": ("C",), "C": ("A",), "D": ()}
    assert path_between("B", "A", graph) == ["B", "C", "A"]
    assert path_between("D", "A", graph) is None
