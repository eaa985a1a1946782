"""Progress: a callback, or a bar in notebooks."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import Any, Callable, Iterator, Optional, Union

from ._errors import AssayError, argument

Progress = Union[None, bool, Callable[[str, int, int], object]]
"""``None``: a bar in notebooks, where tqdm is installed. ``True``: a bar. ``False``: nothing. Or a function, which is called with the name of
a stage, the units of it that are done, and all of its units, some 25 times a second; what it raises ends the work and is raised on."""


def _in_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return type(shell).__name__ == "ZMQInteractiveShell"


@contextmanager
def shown(progress: Progress, task: str) -> Iterator[Optional[Callable[[str, int, int], object]]]:
    """The function that the native half calls, for as long as the work takes."""
    if progress is not None and not isinstance(progress, bool):
        if not callable(progress):
            raise argument(f"progress is a {type(progress).__name__}", "progress= is True, False or a function")
        yield progress
        return
    if progress is False or (progress is None and not _in_notebook()):
        yield None
        return
    try:
        from tqdm.auto import tqdm
    except ImportError:
        if progress:
            raise AssayError("a bar needs tqdm", "not-installed", "pip install tqdm") from None
        yield None
        return
    bars: dict[str, Any] = {}

    def show(stage: str, done: int, total: int) -> None:
        bar = bars.get(stage)
        if bar is None:
            for other in bars.values():
                other.close()
            bar = bars[stage] = tqdm(total=total, desc=task, leave=False, bar_format="{desc}: {percentage:3.0f}%|{bar}| {elapsed}")
        bar.update(done - bar.n)

    try:
        yield show
    finally:
        for bar in bars.values():
            bar.close()
