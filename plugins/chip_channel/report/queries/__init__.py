"""The SQL of the pages: one function, one query; aggregation is the database's work."""
