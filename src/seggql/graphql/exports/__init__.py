"""The nouns Export and Destination: where members go, and each delivery."""
