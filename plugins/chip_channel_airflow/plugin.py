"""The report inside Airflow's UI, for people who are logged in there."""

from pathlib import Path
from typing import Any

from airflow.plugins_manager import AirflowPlugin
from fastapi import FastAPI, HTTPException
from fastapi.responses import FileResponse

PAGES = ("index.html", "quality.html", "docs.html")


def report_app() -> FastAPI:
    """Serves the report pages, and nothing else of the file system."""
    from airflow.api_fastapi.core_api.security import get_user
    from fastapi import Depends

    app = FastAPI(title="Chip Channel report", dependencies=[Depends(get_user)])

    @app.get("/{page}", include_in_schema=False)
    def page(page: str) -> FileResponse:
        from chip_channel.settings import settings

        path = Path(settings().report) / page
        if page not in PAGES or not path.exists():
            raise HTTPException(404, "Nothing is published yet.")
        return FileResponse(path, media_type="text/html")

    return app


class ChipChannelPlugin(AirflowPlugin):
    """Adds the report to the navigation."""

    name = "chip_channel"
    fastapi_apps: list[Any] = [
        {"app": report_app(), "url_prefix": "/chip-channel", "name": "Chip Channel report"}
    ]
    external_views: list[Any] = [
        {
            "name": name,
            "href": f"/chip-channel/{page}",
            "destination": "nav",
            "category": "browse",
            "url_route": f"chip-channel-{page.removesuffix('.html')}",
        }
        for name, page in (("Channel report", "index.html"), ("Data quality", "quality.html"))
    ]
