"""Long work: threads run beside it, signals and callbacks end it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from typing import Any, Iterator

import pytest

import assay
from conftest import CREDIT, LINEAR


@pytest.fixture(autouse=True)
def interrupts() -> Iterator[None]:
    """Ctrl-C as an interpreter in a terminal takes it: without one, or after a notebook that failed, it is another's."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def compile_credit(progress: Any) -> assay.Compiled:
    return assay.compile(CREDIT / "model.onnx", CREDIT / "calibration.csv", progress=progress)


def test_two_proofs_at_once(linear: assay.Compiled, key: assay.Key, row: dict[str, float]) -> None:
    inside = threading.Barrier(2, timeout=120)
    proofs: list[assay.Proof] = []

    def prove() -> None:
        met: list[str] = []

        def progress(stage: str, done: int, total: int) -> None:
            if not met:
                met.append(stage)
                inside.wait()  # neither proof is over before the other has begun

        proofs.append(linear.prove(row, key, progress=progress))

    threads = [threading.Thread(target=prove) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(proofs) == 2 and proofs[0].public == proofs[1].public
    assert proofs[0] != proofs[1]  # blinded afresh
    for proof in proofs:
        linear.verify(proof, key)


def test_forked_processes_prove() -> None:
    """They have none of the threads that their parent proved on."""
    code = f"""
import os, signal
import assay

compiled = assay.compile({str(LINEAR / "model.onnx")!r}, {str(LINEAR / "calibration.csv")!r})
compiled.setup()
row = [(feature.min + feature.max) / 2 for feature in compiled.inputs[0].features]
compiled.verify(compiled.prove(row))


def forked(work):
    child = os.fork()
    if child == 0:
        signal.alarm(60)
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0


def grandchild():
    try:
        compiled.prove(row)
    except assay.AssayError as error:
        assert error.code == "forked" and "spawn" in str(error)
    else:
        raise AssertionError


def child():
    for _ in range(2):
        compiled.verify(compiled.prove(row))
    forked(grandchild)


forked(child)
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_other_threads_run_beside_a_compilation() -> None:
    began, ended, ticks = threading.Event(), threading.Event(), 0

    def work() -> None:
        began.set()
        compile_credit(False)
        ended.set()

    thread = threading.Thread(target=work)
    thread.start()
    began.wait()
    while not ended.wait(0.002):
        ticks += 1
    thread.join()
    # With the lock held the main thread would sleep through all of it, but for a tick at either end.
    assert ticks > 5


def test_ctrl_c_ends_a_compilation() -> None:
    under_way = threading.Event()

    def interrupt() -> None:
        under_way.wait()
        os.kill(os.getpid(), signal.SIGINT)

    def progress(stage: str, done: int, total: int) -> None:
        under_way.set()

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        for _ in range(9):  # one may be over before the signal comes
            compile_credit(progress)
    thread.join()


def test_ctrl_c_is_obeyed_where_nobody_watches(linear: assay.Compiled) -> None:
    """No bytecode of Python's runs while keys are made, so only the native half can notice."""
    stop = threading.Event()

    def interrupt() -> None:
        if not stop.wait(0.05):
            os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        for _ in range(999):
            linear.setup(progress=False)
    stop.set()
    thread.join()


def test_what_a_callback_raises_ends_the_work() -> None:
    class Enough(Exception):
        pass

    seen: list[tuple[str, int, int]] = []

    def progress(stage: str, done: int, total: int) -> None:
        seen.append((stage, done, total))
        if len(seen) == 3:
            raise Enough

    with pytest.raises(Enough):
        compile_credit(progress)
    assert len(seen) == 3 and all(stage == "compile" and 0 <= done <= total for stage, done, total in seen)


def test_progress_of_every_stage(linear: assay.Compiled, row: dict[str, float]) -> None:
    seen: dict[str, tuple[int, int]] = {}

    def progress(stage: str, done: int, total: int) -> None:
        assert 0 <= done <= total
        seen[stage] = (done, total)

    compiled = assay.compile(LINEAR / "model.onnx", LINEAR / "calibration.csv", progress=progress)
    key = compiled.setup(progress=progress)
    compiled.prove(row, key, progress=progress)
    assert {"compile", "setup", "solve", "prove", "check"} <= set(seen)
    assert all(done == total for done, total in seen.values())


def test_a_bar_is_shown_on_demand(capfd: pytest.CaptureFixture[str]) -> None:
    assay.compile(LINEAR / "model.onnx", LINEAR / "calibration.csv", progress=True)
    assert "compiling" in capfd.readouterr().err
