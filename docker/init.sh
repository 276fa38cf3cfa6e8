#!/usr/bin/env bash
# Once per release: databases, schema, roles, dbt's tables and views, Airflow's metadata and pools.
set -euo pipefail
python - <<'PY'
import psycopg
from chip_channel.warehouse import database_url

with psycopg.connect(database_url(), autocommit=True) as connection:
    if not connection.execute("select 1 from pg_database where datname = 'airflow'").fetchone():
        connection.execute("create database airflow")
PY
airflow db migrate
airflow pools set intake "${AIRFLOW_WORKER_CONCURRENCY:-4}" "files read at a time"
airflow pools set publish 1 "one at a time"
chip-channel warehouse init
mkdir -p "${CHIP_CHANNEL_HOME}/landing" "${CHIP_CHANNEL_HOME}/report"
chip-channel doctor
