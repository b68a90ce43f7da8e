"""Predicates and values with other values in the place of some."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from seggql.query.bound import Value

Node = TypeVar("Node")


def substituted(node: Node, values: Mapping[Any, Value]) -> Node:
    """`node` with each value that `values` knows replaced by what it says, at any depth."""
    found: Any = _substituted(node, values)
    changed: Node = found
    return changed


def _substituted(node: Any, values: Mapping[Any, Value]) -> Any:
    if isinstance(node, tuple):
        return tuple(_substituted(part, values) for part in node)
    if not is_dataclass(node) or isinstance(node, type):
        return node
    if node in values:
        return values[node]
    return replace(node, **{part.name: _substituted(getattr(node, part.name), values) for part in fields(node)})
