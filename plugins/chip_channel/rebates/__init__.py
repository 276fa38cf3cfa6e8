"""Rebates: programmes as documents, settlement with approval, explanation, what-if.

The arithmetic is SQL (dbt_project/models/marts/rebates); here is what surrounds it.
"""
