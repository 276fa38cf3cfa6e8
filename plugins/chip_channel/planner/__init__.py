"""Planning on the published marts: what is read from them, planned by arrays, and written back."""
