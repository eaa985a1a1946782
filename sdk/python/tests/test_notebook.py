"""The notebook runs from its first cell to its last, and is committed without outputs."""

from __future__ import annotations

import nbclient
import nbformat

from conftest import ROOT

NOTEBOOK = ROOT / "examples" / "german-credit.ipynb"


def test_the_notebook_runs() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in cells), "clear the outputs before a commit"
    resources = {"metadata": {"path": str(NOTEBOOK.parent)}}
    nbclient.NotebookClient(notebook, timeout=300, startup_timeout=300, kernel_name="python3", resources=resources).execute()
    shown = [output for cell in cells for output in cell.outputs]
    assert any("assay-card" in output.get("data", {}).get("text/html", "") for output in shown)
    assert "refused: " in "".join(output.get("text", "") for output in shown)
