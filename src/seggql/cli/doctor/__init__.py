"""`seggql doctor`: looks at a deployment as this machine sees it, and says what to do; one file for each area."""
