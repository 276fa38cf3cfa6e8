"""The channel itself: who reaches which customers, and what another way would change."""
