"""The noun Segment: lists, one segment with its members, and every change of it."""
