"""Rebate settlement: propose, gate, approve, post, tell the dealer; and explain every cent of it."""
