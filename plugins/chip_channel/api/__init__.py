"""What the maker shares with a dealer: that dealer's own rows, over TLS."""
