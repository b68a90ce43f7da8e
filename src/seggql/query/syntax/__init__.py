"""From text to syntax tree and back: grammar, tokens, sizes, errors in the writer's words."""
