//! The report as text.

use std::fmt::Write;

use super::Report;

pub(super) fn render(report: &Report) -> String {
    let mut out = String::new();
    // Writing to a `String` does not fail.
    let _ = write(report, &mut out);
    out
}

fn write(report: &Report, out: &mut String) -> std::fmt::Result {
    writeln!(out, "model        {}", report.model)?;
    writeln!(out, "source       {}", report.source_digest)?;
    writeln!(out, "circuit      {}", report.circuit_digest)?;
    for input in &report.inputs {
        let (name, shape) = (&input.name, &input.shape);
        writeln!(
            out,
            "input        {name} {shape:?}, {} bits, scale {}, {}",
            input.bits, input.scale, input.visibility
        )?;
    }
    for output in &report.outputs {
        let (name, shape) = (&output.name, &output.shape);
        writeln!(out, "output       {name} {shape:?}, {} bits, scale {}", output.bits, output.scale)?;
        writeln!(
            out,
            "             error of each {}: max {:.6}, mean {:.6} (allowed {}) over {} samples",
            output.measured_on, output.max_error, output.mean_error, report.max_error, report.samples
        )?;
        if let Some(decisions) = &output.decisions {
            let at = decisions.threshold.map(|threshold| format!(" at {threshold}")).unwrap_or_default();
            writeln!(out, "             decisions{at}: {} of {} differ", decisions.flipped, decisions.total)?;
        }
    }
    writeln!(
        out,
        "\n{:<28} {:>9} {:>7} {:>5} {:>5} {:>6} {:>23} {:>11}",
        "layer", "size", "weights", "acc.", "bits", "scale", "calibrated range", "constraints"
    )?;
    for layer in &report.layers {
        let size = format!("{}x{}", layer.rows, layer.columns);
        let range = format!("[{:.4}, {:.4}]", layer.calibrated.0, layer.calibrated.1);
        writeln!(
            out,
            "{:<28} {:>9} {:>7} {:>5} {:>5} {:>6} {:>23} {:>11}{}",
            shorten(&layer.name, 28),
            size,
            layer.weight_bits,
            layer.accumulator_bits,
            layer.bits,
            layer.scale,
            range,
            layer.constraints,
            if layer.saturates { "  saturates" } else { "" }
        )?;
    }
    writeln!(out, "\n{:<40} {:<14} {:>11}", "part", "kind", "constraints")?;
    for part in &report.circuit.parts {
        writeln!(out, "{:<40} {:<14} {:>11}", shorten(&part.part, 40), part.kind, part.constraints)?;
    }
    let circuit = &report.circuit;
    writeln!(out, "\n{:<40} {:<14} {:>11}", "all parts", "kind", "constraints")?;
    for kind in &circuit.kinds {
        writeln!(out, "{:<40} {:<14} {:>11}", "", kind.kind, kind.constraints)?;
    }
    writeln!(
        out,
        "\ncircuit      {} constraints, {} wires, {} nonzeros, domain {}",
        circuit.constraints, circuit.wires, circuit.nonzeros, circuit.domain
    )?;
    let other = &report.alternative;
    writeln!(
        out,
        "ranges       by {}; by {} {} constraints, {:.1} times the time to prove, {} compute units",
        circuit.ranges, other.ranges, other.constraints, other.relative_time, other.verify_compute_units
    )?;
    if let Some(proving) = &report.proving {
        let memory = proving.memory_bytes as f64 / (1 << 20) as f64;
        writeln!(out, "proving      about {:.0} ms, {memory:.0} MiB", proving.seconds * 1000.0)?;
    }
    writeln!(out, "verification {} compute units in syscalls", report.verify_compute_units)
}

/// The end of a long name says more than its beginning.
fn shorten(name: &str, width: usize) -> String {
    let length = name.chars().count();
    if length <= width {
        return name.to_owned();
    }
    std::iter::once('…').chain(name.chars().skip(length - width + 1)).collect()
}
