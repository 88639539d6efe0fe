"""The only package that knows SQL. Queries by noun; none of them commits."""
