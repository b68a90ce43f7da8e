"""`seggql serve`: the API over a MongoDB and a broker that are already there."""
