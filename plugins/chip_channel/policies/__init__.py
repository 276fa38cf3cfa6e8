"""Policies: weights, thresholds and levels that people decide, versioned and approved."""
