"""The noun Profile: records, what happened to them, and how they come in."""
