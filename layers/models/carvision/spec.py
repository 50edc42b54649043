"""What will this used car sell for: one row per advertisement, in US dollars."""

from typing import Literal

from modelfleet.spec.features import Features, category, number, open_category
from modelfleet.spec.model import Gate, Metric, ModelSpec, Slices, Target, Task
from modelfleet.spec.time_column import TimeColumn


class CarVisionFeatures(Features):
    """What the advertisement says of the car."""

    model_year: int | None = number(
        "Year of the model", minimum=1900, maximum=2100, example=2011, nullable=True
    )
    model: str = open_category("Brand and model, the brand first", example="ford f-150")
    condition: Literal["new", "like new", "excellent", "good", "fair", "salvage"] = category(
        "Condition in the seller's words", example="good"
    )
    cylinders: int | None = number(
        "Cylinders of the engine", minimum=1, maximum=16, example=6, unit="cylinders", nullable=True
    )
    fuel: Literal["gas", "diesel", "hybrid", "electric", "other"] = category("Fuel", example="gas")
    odometer: float | None = number(
        "Distance driven", minimum=0, maximum=2_000_000, example=145000, unit="miles", nullable=True
    )
    transmission: Literal["automatic", "manual", "other"] = category(
        "Transmission", example="automatic"
    )
    type: Literal[
        "SUV",
        "bus",
        "convertible",
        "coupe",
        "hatchback",
        "mini-van",
        "offroad",
        "other",
        "pickup",
        "sedan",
        "truck",
        "van",
        "wagon",
    ] = category("Body", example="truck")
    paint_color: (
        Literal[
            "black",
            "blue",
            "brown",
            "custom",
            "green",
            "grey",
            "orange",
            "purple",
            "red",
            "silver",
            "white",
            "yellow",
        ]
        | None
    ) = category("Paint", example="white", nullable=True)
    is_4wd: int | None = number(
        "1 if all four wheels are driven; sellers leave it out where they are not",
        minimum=0,
        maximum=1,
        example=1,
        nullable=True,
    )


SPEC = ModelSpec(
    name="carvision",
    title="Used car prices",
    description="Asking price at which a used car sells.",
    task=Task.REGRESSION,
    # Cheaper advertisements ask for a call, a monthly rate or a swap: their price is no price.
    target=Target(
        column="price", description="Selling price", unit="USD", minimum=1_000, maximum=1_000_000
    ),
    features=CarVisionFeatures,
    known_afterwards=("days_listed",),
    # When an advertisement was posted says nothing of the car, but prices move: what is measured on
    # later advertisements than those that were learned from is what callers will get.
    time=TimeColumn(column="date_posted", format="%m/%d/%y"),
    metrics=(Metric.RMSE, Metric.MAE, Metric.MAPE, Metric.R2, Metric.INTERVAL_COVERAGE),
    gate=Gate(
        # RMSE hangs on a handful of collectors' cars; MAE is what a seller notices.
        primary=Metric.MAE,
        minimum={Metric.R2: 0.3, Metric.INTERVAL_COVERAGE: 0.65},
        maximum={Metric.INTERVAL_COVERAGE: 0.95},
        # What 2,000 test rows can rule out: with less of it, two models that are alike are blocked.
        margin=0.05,
        relative_margin=True,
        bundle_bytes_maximum=20_000_000,
    ),
    # The interval is wide enough for all cars together. Old and worn ones vary more, which a group
    # may show, but not so far that the interval tells its owners nothing.
    slices=Slices(
        columns={
            "model_year": (2000, 2010),
            "odometer": (50_000, 150_000),
            "condition": (),
            "fuel": (),
            "type": (),
        },
        metric=Metric.INTERVAL_COVERAGE,
        limit=0.35,
    ),
    interval_level=0.8,
)
