"""What a model's folder declares to tune must be there to be tuned."""

import pytest

from modelfleet.catalogue import find, module, names
from modelfleet.training.candidates.building_blocks import Real, Whole
from modelfleet.training.candidates.fleet import SEARCH
from modelfleet.training.candidates.folder import candidates, search_space
from tests.fleet.beside import GRADED


@pytest.mark.parametrize("model", [*names(), GRADED])
def test_each_space_is_of_a_candidate(model: str) -> None:
    """Every candidate of the folder has one, so that whichever is taken can be tuned.

    The others are of the fleet's candidates, and a folder without candidates needs none.
    """
    declared = set(getattr(module(model, "estimators"), "SEARCH", {}))
    own = set(candidates(find(model), 1))
    assert own <= declared <= own | set(SEARCH)


@pytest.mark.parametrize("model", [*names(), GRADED])
def test_each_parameter_can_be_set(model: str) -> None:
    """Every name is a parameter of the pipeline, and the folder's own value lies in its range."""
    for name, pipeline in candidates(find(model), 1).items():
        space = search_space(find(model), name)
        present = pipeline.get_params()
        assert set(space) <= set(present)
        for parameter, values in space.items():
            assert isinstance(values, Real | Whole)
            assert 0 <= values.low < values.high
            own = present[parameter]
            # A library's own default, such as no regularisation, may lie at the end of a log scale.
            assert own is None or own <= values.high
