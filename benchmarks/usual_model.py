"""The bundle's model in the usual way: scikit-learn, logged with MLflow."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import mlflow.sklearn
import pandas as pd
from mlflow.models import infer_signature
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

from benchmarks.fleet_model import EXECUTION, Retraining
from modelfleet.datasets.manifest import Side
from modelfleet.datasets.rows_file import read_frame
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore
from modelfleet.tables.encoding import ColumnEncoding
from modelfleet.training.candidates.folder import default_candidate
from modelfleet.training.fit import fit
from modelfleet.training.train import SEED

USUAL_MODEL = "usual"


def log_usual_model(retraining: Retraining, bucket: ObjectStore) -> None:
    """Save the pipeline with MLflow, with a signature as its registry requires."""
    rows = _training_rows(retraining)
    pipeline = _usual_pipeline(retraining, rows)
    # Requests contain integers where stored rows contain float64.
    example = pd.DataFrame([retraining.spec.features.example()])
    with TemporaryDirectory() as folder:
        target = Path(folder) / USUAL_MODEL
        mlflow.sklearn.save_model(
            pipeline,
            target,
            pip_requirements=[],
            pyfunc_predict_fn="predict_proba",
            serialization_format="cloudpickle",
            signature=infer_signature(example),
        )
        for file in sorted(target.rglob("*")):
            if file.is_file():
                bucket.put(str(file.relative_to(folder)), file.read_bytes())


def _training_rows(retraining: Retraining) -> pd.DataFrame:
    folder = keys.staging(retraining.spec.name, EXECUTION)
    return read_frame(retraining.artifacts.get(f"{folder}/{Side.TRAIN.file}").content)


def _usual_pipeline(retraining: Retraining, rows: pd.DataFrame) -> Any:
    """Fit the same estimator on the same rows, with scikit-learn's encoders.

    The encoders list categories in the order of the bundle's encoding, so that the predictions
    equal the bundle's; the benchmark fails if they do not.
    """
    spec = retraining.spec
    _, pipeline = default_candidate(spec, SEED)
    model = fit(spec, pipeline, rows, SEED)
    encoders = make_column_transformer(
        *(_encoder(list(group), codes) for codes, group in _groups(model.encoding.columns)),
        verbose_feature_names_out=False,
    )
    columns = [column.name for column in spec.features.columns()]
    usual = make_pipeline(encoders, clone(model.pipeline.steps[-1][1]))
    return usual.fit(rows[columns], rows[spec.target.column])


def _groups(
    columns: Iterable[ColumnEncoding],
) -> Iterator[tuple[bool, Iterator[ColumnEncoding]]]:
    """Group adjacent columns of a kind, so that the estimator's column order does not change."""
    return groupby(columns, key=lambda column: column.codes is not None)


def _encoder(columns: list[ColumnEncoding], encoded: bool) -> tuple[Any, list[str]]:
    names = [column.name for column in columns]
    if not encoded:
        return "passthrough", names
    categories = [sorted(codes, key=codes.__getitem__) for c in columns if (codes := c.codes)]
    encoder = OrdinalEncoder(
        categories=categories, handle_unknown="use_encoded_value", unknown_value=-1
    )
    return encoder, names
