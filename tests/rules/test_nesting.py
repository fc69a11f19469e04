"""Trees of folders."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.rules.errors import InvalidFields, NameTaken, NotFound
from activities.rules.nesting import DEEPEST, MOST_FOLDERS, Node, Tree

HOME = UUID(int=1)
THEN = datetime(2026, 1, 1, tzinfo=UTC)


def tree(*parents: int | None, aside: tuple[int, ...] = ()) -> Tree:
    """Folder n is in folder `parents[n]`."""
    nodes = [
        Node(
            UUID(int=n),
            None if p is None else UUID(int=p),
            f"F{n}",
            f"f{n}",
            THEN if n in aside else None,
        )
        for n, p in enumerate(parents)
    ]
    return Tree(HOME, {node.id: node for node in nodes})


def chain(length: int) -> Tree:
    return tree(None, *range(length - 1))


def refusal(some: Tree, parent: int | None, moved: int | None = None) -> str | None:
    try:
        some.must_fit(
            None if parent is None else UUID(int=parent),
            None if moved is None else UUID(int=moved),
        )
    except InvalidFields as refused:
        return refused.fields["parent_id"][0]
    return None


def test_the_way_up_and_all_below() -> None:
    some = tree(None, 0, 1, 0, None)
    assert some.above(UUID(int=2)) == (UUID(int=1), UUID(int=0))
    assert some.below(UUID(int=0)) == {UUID(int=n) for n in (1, 2, 3)}
    assert [node.name for node in some.inside(None)] == ["F0", "F4"]
    assert [node.name for node in some.inside(UUID(int=0))] == ["F1", "F3"]


def test_a_new_folder_fits_where_the_path_is_not_too_long() -> None:
    assert refusal(chain(DEEPEST), DEEPEST - 2) is None
    assert "deep" in (refusal(chain(DEEPEST), DEEPEST - 1) or "")


def test_a_folder_moves_with_all_below_it() -> None:
    # Two chains beside each other: 0-1-2-3-4 and 5-6-7-8.
    some = tree(None, 0, 1, 2, 3, None, 5, 6, 7)
    assert refusal(some, 3, moved=5) is None
    assert "deep" in (refusal(some, 4, moved=5) or "")
    assert refusal(some, 4, moved=6) is None


def test_a_folder_is_never_put_into_itself() -> None:
    some = chain(4)
    for parent in range(1, 4):
        assert "itself" in (refusal(some, parent, moved=1) or "")
    assert refusal(some, 0, moved=1) is None
    assert refusal(some, None, moved=3) is None


def test_what_is_seen_is_not_put_into_what_is_hidden() -> None:
    some = tree(None, None, None, aside=(0, 2))
    assert "archived" in (refusal(some, 0) or "")
    assert "archived" in (refusal(some, 0, moved=1) or "")
    assert refusal(some, 0, moved=2) is None
    assert refusal(some, 1, moved=2) is None


def test_a_parent_elsewhere_is_not_there() -> None:
    with pytest.raises(NotFound):
        chain(2).must_fit(UUID(int=9))


def test_a_name_is_taken_beside_only() -> None:
    some = tree(None, 0, 0)
    with pytest.raises(NameTaken, match="'F1'"):
        some.must_be_free(UUID(int=0), "f1", "F1")
    some.must_be_free(UUID(int=0), "f1", "F1", UUID(int=1))
    some.must_be_free(None, "f1", "F1")


def test_the_number_of_folders_is_exact() -> None:
    tree(*[None] * (MOST_FOLDERS - 1)).must_have_room()
    with pytest.raises(InvalidFields, match="1,000"):
        tree(*[None] * MOST_FOLDERS).must_have_room()


@given(st.data())
def test_after_any_moves_every_folder_is_in_the_tree_and_not_too_deep(data: st.DataObject) -> None:
    parents: list[int | None] = [None] * 12
    for _ in range(data.draw(st.integers(1, 30))):
        moved = data.draw(st.integers(0, 11))
        parent = data.draw(st.none() | st.integers(0, 11))
        if refusal(tree(*parents), parent, moved) is None:
            parents[moved] = parent
    some = tree(*parents)
    assert all(len(some.above(one)) < DEEPEST for one in some.nodes)
