"""The three gates: Great Expectations on what is new, before anybody builds on it or sees it."""
