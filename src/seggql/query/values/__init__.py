"""What values mean: dates, numbers, texts, patterns, and predicates over one record."""
