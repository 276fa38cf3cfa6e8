"""The library and command line of Chip Channel; it knows nothing of Airflow."""
