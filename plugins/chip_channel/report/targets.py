"""What the channel aims for; the pages and the findings measure against it."""

TURNOVER = 7.0
"""Times a year, at least."""
DEAD_SHARE = 0.03
"""Of the stock value, at most."""
WEEKS_OF_SUPPLY = (6.0, 10.0)
"""Weeks between which stock neither risks a stop nor ties up money; only colours follow from it."""
ON_TIME = 1.0
"""Of the reports due."""
ACCEPTED_HOURS = 4.0
"""From an order's entry to its acceptance, at most."""
ACCEPTED_HOURS_BEFORE = 48.0
"""Where that began."""
