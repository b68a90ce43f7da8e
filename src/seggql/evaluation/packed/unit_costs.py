"""What reading packs takes by the piece, in microseconds.

Measured on 100,000 profiles with a million interactions (`python -m benchmarks.planner`); what pipelines take
by the piece is in `query.planning.estimates` and in the settings.
"""

LOAD_US = 1_500.0
"""Columns of a pack asked for and unpacked, however few."""

VALUE_US = 0.015
"""A value decoded and tested; one in documents that are found by index takes a hundred times as long."""

SCANNED_US, GROUPED_US = 0.0035, 0.001
"""A record for each scan or aggregate, beside the reading (53 scans of 400,000 profiles took 0.085 s, 43 aggregates of
2.8 million interactions 0.18 s)."""

WRITTEN_US = 10.0
"""A record that was written since, read from its document."""
