from hypothesis import given
from hypothesis import strategies as st

from seggql.segments.ordering import in_batches, in_dependency_order, path_between

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


@given(st.lists(st.integers(1, 9), max_size=9), st.integers(1, 5))
def test_batches_keep_groups_together_and_within_the_size(sizes: list[int], size: int) -> None:
    groups = [[f"{number}.{index}" for index in range(length)] for number, length in enumerate(sizes)]
    batches = list(in_batches(groups, size))
    assert [name for batch in batches for name in batch] == [name for group in groups for name in group]
    assert all(0 < len(batch) <= size for batch in batches)
    for group in groups:
        if len(group) <= size:
            holders = [batch for batch in batches if set(batch) & set(group)]
            assert len(holders) == 1 or any(len(other) > size for other in groups)


def test_the_path_of_a_cycle_is_found() -> None:
    graph = {"A": ("B", "D"), "B": ("C",), "C": ("A",), "D": ()}
    assert path_between("B", "A", graph) == ["B", "C", "A"]
    assert path_between("D", "A", graph) is None
