"""Batches of mart slices, and the pointers that make them public."""
