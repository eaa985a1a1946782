"""Assay, EZKL and Concrete ML on the same models, each step of each in a process of its own.

    python -m venv venv && venv/bin/pip install -r requirements.txt
    venv/bin/python compare.py --assay ../../../target/release/assay

Of each process: wall time, CPU time of user and system, and peak memory, Python's start and imports included where it is Python. Writes
`results.json` and `results.md` into the folder of --to; a step that fails, or takes longer than --limit, leaves its cell
"not run" and says why below the table. On a machine with other work, compare CPU times: wall times say little there.
"""

import argparse
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
SYSTEMS = ("assay", "ezkl", "concrete")
TITLES = {"assay": "Assay", "ezkl": "EZKL", "concrete": "Concrete ML (FHE)"}
PYTHON_STEPS = {
    "ezkl": ["calibrate", "srs", "setup", "prove", "verify"],
    "concrete": ["compile", "keygen", "encrypt", "infer", "decrypt"],
}
# What each system calls the columns of the table.
COLUMNS = {
    "compile": {"assay": ["compile"], "ezkl": ["calibrate"], "concrete": ["compile"]},
    "setup": {"assay": ["setup"], "ezkl": ["setup"], "concrete": ["keygen"]},
    "prove": {"assay": ["prove"], "ezkl": ["prove"], "concrete": ["encrypt", "infer"]},
    "verify": {"assay": ["verify"], "ezkl": ["verify"], "concrete": ["decrypt"]},
}


class Failed(Exception):
    """A step that gave no figures, and why."""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--assay", type=Path, required=True, help="the program `assay`")
    parser.add_argument("--models", default="liquidation-risk,lenet,xgb20x4", help="names of models.py, with commas [%(default)s]")
    parser.add_argument("--systems", default=",".join(SYSTEMS), help="of these, with commas [%(default)s]")
    parser.add_argument("--limit", type=float, default=600, metavar="S", help="seconds that a step may take [%(default)s]")
    parser.add_argument("--to", type=Path, default=Path("results"), help="folder of models, keys and results [%(default)s]")
    args = parser.parse_args()
    systems = args.systems.split(",")
    if unknown := set(systems) - set(SYSTEMS):
        parser.error(f"no system {', '.join(sorted(unknown))}: {', '.join(SYSTEMS)}")
    if not os.access(args.assay, os.X_OK):
        parser.error(f"{args.assay} is no program: cargo build --release -p assay-cli makes target/release/assay")
    program, to = args.assay.resolve(), args.to.resolve()
    to.mkdir(parents=True, exist_ok=True)
    results = {"machine": machine(program), "limit_seconds": args.limit, "runs": []}
    names = args.models.split(",")
    for name in names:
        try:
            python("models.py", [name, "--to", str(to / name)], args.limit, folder=None)
        except Failed as failure:
            raise SystemExit(f"models.py {name}: {failure}") from None
    for system in systems:
        for name in names:
            note(f"{name}: {system}")
            results["runs"].append(run(name, system, to / name, program, args.limit))
            results["runs"].sort(key=lambda one: names.index(one["model"]))  # stable: systems stay in their order
            write(to / "results.json", json.dumps(results, indent=2) + "\n")
            write(to / "results.md", table(results))
    print((to / "results.md").read_text(), end="")


def note(text):
    print(text, file=sys.stderr, flush=True)


def write(path, text):
    """Whole or not at all."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:
        file.write(text)
    os.replace(file.name, path)


def machine(program):
    """What the figures depend on."""
    cpu = platform.processor()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            cpu = line.split(":", 1)[1].strip()
            break
    flags = Path("/proc/cpuinfo").read_text()
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "avx512_ifma": "avx512ifma" in flags,
        "system": platform.platform(),
        "load_at_start": os.getloadavg()[0],
        "assay": subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout.strip(),
        "ezkl": importlib.metadata.version("ezkl"),
        "concrete-ml": importlib.metadata.version("concrete-ml"),
        "python": platform.python_version(),
    }


def measured(command, limit, folder):
    """Runs a command to its end; its output, and what it used. Its children count once they were waited for."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        start = time.perf_counter()
        process = subprocess.Popen(list(map(str, command)), stdout=out, stderr=err, cwd=folder)
        late = threading.Event()
        timer = threading.Timer(limit, lambda: (late.set(), process.kill()))
        timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        timer.cancel()
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if late.is_set():
            raise Failed(f"stopped after {limit:.0f} s, {usage.ru_utime:.0f} s of CPU, {usage.ru_maxrss >> 10} MiB")
        if process.returncode != 0:
            last = [line for line in err.read().splitlines() if line.strip()][-1:] or ["no message"]
            raise Failed(f"exit code {process.returncode}: {last[0].strip()[:300]}")
        used = {"wall": wall, "user": usage.ru_utime, "system": usage.ru_stime, "peak_bytes": usage.ru_maxrss << 10}
        return out.read(), used


def python(script, arguments, limit, folder):
    return measured([sys.executable, HERE / script, *arguments], limit, folder)


def run(name, system, folder, program, limit):
    """One system on one model: figures by step, and the reason where one is missing."""
    one = {"model": name, "system": system, "steps": {}, "facts": {}}
    try:
        if system == "assay":
            assay(one, folder, program, limit)
        else:
            for step in PYTHON_STEPS[system]:
                out, one["steps"][step] = python(f"{system}_steps.py", [step, folder], limit, folder)
                one["facts"].update(json.loads(out.splitlines()[-1]))
    except Failed as failure:
        one["failed"] = str(failure)
        note(f"  {failure}")
    return one


def assay(one, folder, program, limit):
    """Assay's steps, through its command line."""
    options = {
        "liquidation-risk": ["--input-format", "15:12", "--output-format", "16:8", "--max-error-calibrated", "0.05"],
        "lenet": ["--commit", "image", "--max-error-calibrated", "0.05"],
    }.get(one["model"], [])
    pair = ["--model", "model.assay", "--key", "model.pk"]
    steps = {
        "compile": ["compile", "model.onnx", "calibration.npy", "--report", "report.json", *options],
        "setup": ["setup", "model.assay", "--development"],
        "prove": ["prove", *pair, "--input", "calibration.npy", "--row", "1", "-o", "first.proof"],
        "verify": ["verify", "--vk", "model.vk", "--proof", "first.proof", "--model", "model.assay"],
        "bench": ["bench", *pair, "--runs", "20"],
    }
    answers = {}
    for step, arguments in steps.items():
        force = ["--force"] if step in ("compile", "setup", "prove") else []
        out, one["steps"][step] = measured([program, *arguments, *force, "--json"], limit, folder)
        answers[step] = json.loads(out)
    expected = json.loads((folder / "expected.json").read_text())
    said = [output["values"] for output in answers["prove"]["outputs"] if len(output["values"]) == len(expected)][0]
    report, times = answers["compile"]["assay_report"], dict(answers["bench"]["model"]["times"])
    one["facts"] = {
        "constraints": report["circuit"]["constraints"],
        "compute_units": report["compute_units"],
        "proof_bytes": len(answers["prove"]["proof"]) // 2,
        "pk_bytes": (folder / "model.pk").stat().st_size,
        "vk_bytes": (folder / "model.vk").stat().st_size,
        "error": max(abs(float(a) - b) for a, b in zip(said, expected, strict=True)),
        "inside_seconds": times["witness + prove"]["median_ms"] / 1e3,
    }


def total(one, column, figure):
    """A figure of a column, over the steps that make it up; None where one is missing."""
    steps = [one["steps"].get(step) for step in COLUMNS[column][one["system"]]]
    if None in steps:
        return None
    values = [step[figure] for step in steps]
    return max(values) if figure == "peak_bytes" else sum(values)


def seconds(value):
    return "not run" if value is None else f"{value * 1e3:.0f} ms" if value < 1 else f"{value:.1f} s" if value < 100 else f"{value:.0f} s"


def size(value):
    if value is None:
        return "not run"
    for unit, factor in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if value >= factor:
            return f"{value / factor:.3g} {unit}"
    return f"{value} bytes"


def table(results):
    """The results as Markdown."""
    here = results["machine"]
    lines = [
        f"{here['cpu']}, {here['cores']} cores, AVX-512 IFMA: {'yes' if here['avx512_ifma'] else 'no'}, load {here['load_at_start']:.1f} "
        f"before the first step; {here['assay']}, EZKL {here['ezkl']}, Concrete ML {here['concrete-ml']}. CPU time of user and system, "
        "whole processes; in brackets the wall time. Alone: wall time of the one call, of Assay the median of 20 with the key loaded. Concrete ML: encrypted inference in place of a proof, decryption in place of verification.",
        "",
        "| model | system | compile | setup or keys | prove | alone | peak memory, setup | peak memory, prove | verify | proof | proving key | error |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    failures = []
    for one in results["runs"]:
        facts = one["facts"]
        cells = [one["model"], TITLES[one["system"]]]
        for column in ("compile", "setup", "prove"):
            cells.append(cpu(one, column))
        cells.append(seconds(facts.get("inside_seconds")))
        cells += [size(total(one, "setup", "peak_bytes")), size(total(one, "prove", "peak_bytes")), cpu(one, "verify")]
        if one["system"] == "concrete":
            cells += ["none", size(facts.get("evaluation_key_bytes"))]
        else:
            cells += [size(facts.get("proof_bytes")), size(facts.get("pk_bytes"))]
        error = facts.get("error")
        cells.append("not run" if error is None else f"{error:.4f}")
        lines.append("| " + " | ".join(cells) + " |")
        if "failed" in one:
            failures.append(f"- {one['model']}, {TITLES[one['system']]}: {one['failed']}")
    return "\n".join(lines + ([""] + failures if failures else [])) + "\n"


def cpu(one, column):
    user, system, wall = (total(one, column, figure) for figure in ("user", "system", "wall"))
    return "not run" if user is None else f"{seconds(user + system)} ({seconds(wall)})"


if __name__ == "__main__":
    main()
