"""The tutorial's table is what its script writes."""

import runpy
from pathlib import Path

from cli.local_cloud.layout import REPOSITORY

_FOLDER = REPOSITORY / "docs/tutorial"


def test_the_table_is_the_scripts(tmp_path: Path) -> None:
    """Run elsewhere, the script writes the very bytes that are kept."""
    script = tmp_path / "members.py"
    script.write_bytes((_FOLDER / "members.py").read_bytes())
    runpy.run_path(str(script), run_name="__main__")
    assert (tmp_path / "members.csv").read_bytes() == (_FOLDER / "members.csv").read_bytes()
