"""From syntax tree to bound tree: names, types and meaning, one module for each kind of node."""
