"""The backend's face: enough of it to be started and asked how it is."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import numpy as np
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, Field

CONFIG = Path(__file__).resolve().parent.parent / "config" / "settings.json"


class Settings(BaseModel):
    """What config/settings.json holds; the environment says where it runs."""

    service: str
    version: str
    max_points: int = Field(gt=0)


class Health(BaseModel):
    status: str
    service: str
    version: str
    environment: str
    uptime_seconds: float


class Points(BaseModel):
    values: list[float] = Field(min_length=1)


class Summary(BaseModel):
    count: int
    mean: float
    deviation: float


settings = Settings(**json.loads(CONFIG.read_text(encoding="utf-8")))
started = time.monotonic()
app = FastAPI(title=settings.service, version=settings.version)


@app.get("/api/v1/monitoring/health")
def health() -> Health:
    """Answers once the settings are read and the libraries are loaded."""
    return Health(
        status="healthy",
        service=settings.service,
        version=settings.version,
        environment=os.environ.get("APP_ENV", "production"),
        uptime_seconds=round(time.monotonic() - started, 3),
    )


@app.post("/api/v1/summary")
def summary(points: Points) -> Summary:
    """Sums up a series of numbers, so that a compiled library has work to do."""
    if len(points.values) > settings.max_points:
        raise HTTPException(413, f"more than {settings.max_points} values")
    values = np.asarray(points.values, dtype=np.float64)
    return Summary(count=values.size, mean=float(values.mean()), deviation=float(values.std()))
