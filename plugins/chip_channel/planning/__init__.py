"""Planning: what will be sold, what should lie in stock, and what to order.

A library of arrays: (series, period) matrices in, arrays out. It knows nothing of Airflow, of the
warehouse or of the dealers' files.
"""
