"""Airflow's side of Chip Channel: when, in which order, with which retries; no rules of its own."""
