"""The empty function: FastAPI and Mangum, the same request model, and a constant response."""

from fastapi import FastAPI
from mangum import Mangum

from models.bankchurn.spec import SPEC

app = FastAPI()
features = SPEC.features


@app.post("/bankchurn/predict")
async def predict(_row: features) -> dict[str, float]:  # type: ignore[valid-type]  # the model's own
    """Return a constant."""
    return {"probability": 0.5}


handler = Mangum(app, lifespan="off")
