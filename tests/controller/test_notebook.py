from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import pytest

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "notebooks"
NOTEBOOK = FOLDER / "first_campaign.ipynb"


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.filterwarnings("ignore")  # the kernel client's own
def test_the_notebook_runs_from_start_to_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nbclient import NotebookClient

    for path in (NOTEBOOK, FOLDER / "first_campaign.yaml"):
        shutil.copy(path, tmp_path)
    monkeypatch.setenv("CELLWRIGHT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PLOTLY_RENDERER", "plotly_mimetype")
    monkeypatch.setenv("PYTHONPATH", str(FOLDER.parents[1]))
    notebook = nbformat.read(tmp_path / NOTEBOOK.name, as_version=4)
    client = NotebookClient(
        notebook, timeout=560, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    )
    client.execute()
    assert (tmp_path / "home" / "reports" / "first-campaign.html").is_file()


def test_the_notebook_in_the_repository_shows_its_results() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    kinds = {
        kind for cell in code for output in cell.outputs for kind in getattr(output, "data", {})
    }
    assert {"text/plain", "text/html", "application/vnd.plotly.v1+json"} <= kinds
    assert not [out for cell in code for out in cell.outputs if out.output_type == "error"]
    assert NOTEBOOK.stat().st_size < 3_000_000
