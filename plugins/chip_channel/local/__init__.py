"""Servers for one machine: an embedded PostgreSQL and Airflow, on loopback only."""
