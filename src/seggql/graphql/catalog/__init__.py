"""The noun Type: what profiles, relationships and interactions there can be."""
