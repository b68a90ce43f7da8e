"""The demo: a year of purchases of 2,469 households (The Complete Journey, 84.51°), and segments over it."""
