"""Airflow for parsing alone: its own home, nothing of the machine's."""

import os
import tempfile
from typing import Any

import pytest
from chip_channel.settings import ROOT

os.environ |= {
    "AIRFLOW_HOME": tempfile.mkdtemp(prefix="airflow-parse-"),
    "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
    "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
}


@pytest.fixture(scope="session")
def bag() -> Any:
    """All DAGs of the project."""
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(dag_folder=str(ROOT / "dags"), collect_dags=True)
