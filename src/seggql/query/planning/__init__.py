"""From bound tree to plan: rewrites, order, estimates, and the words in which a plan is told."""
