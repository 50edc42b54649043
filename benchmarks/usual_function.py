"""The usual way: a model logged with MLflow, served with scikit-learn and pandas behind FastAPI.

Requests and responses are those of modelfleet, without routing, captures, and metrics.
"""

import os
import uuid

import mlflow.pyfunc
import pandas as pd
from fastapi import FastAPI
from mangum import Mangum
from pydantic import BaseModel

from benchmarks.layout import MODEL_VARIABLE
from models.bankchurn.spec import SPEC

_THRESHOLD = 0.5
_HIGH = 0.75

app = FastAPI()
features = SPEC.features
model = mlflow.pyfunc.load_model(os.environ[MODEL_VARIABLE])


class Batch(BaseModel):
    """Body of a batch request."""

    instances: list[features]  # type: ignore[valid-type]  # chosen at run time


class Answer(BaseModel):
    """Response for one row."""

    model: str
    version: str
    variant: str
    prediction_id: str
    label: int
    probability: float
    threshold: float
    risk: str


class BatchAnswer(BaseModel):
    """Response for a batch."""

    predictions: list[Answer]


@app.post("/bankchurn/predict")
async def predict(row: features) -> Answer:  # type: ignore[valid-type]  # as above
    """Predict one row."""
    return _scored([row])[0]


@app.post("/bankchurn/predict/batch")
async def predict_batch(batch: Batch) -> BatchAnswer:
    """Predict many rows."""
    return BatchAnswer(predictions=_scored(batch.instances))


def _scored(rows: list[BaseModel]) -> list[Answer]:
    frame = pd.DataFrame([row.model_dump() for row in rows])
    return [_answer(float(probability)) for probability in model.predict(frame)[:, 1]]


def _answer(probability: float) -> Answer:
    return Answer(
        model=SPEC.name,
        version="1",
        variant="champion",
        prediction_id=str(uuid.uuid4()),
        label=int(probability >= _THRESHOLD),
        probability=probability,
        threshold=_THRESHOLD,
        risk="LOW" if probability < _THRESHOLD else "MEDIUM" if probability < _HIGH else "HIGH",
    )


handler = Mangum(app, lifespan="off")
