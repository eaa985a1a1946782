//! The report as text.

use std::fmt::Write;

use super::{KindReport, Report};

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
    if report.float_engine.is_none() {
        writeln!(out, "reference    this compiler's own evaluation: no independent engine was consulted")?;
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
    writeln!(out, "\n{:<40} {:>11}  by kind", "part", "constraints")?;
    for part in &report.circuit.parts {
        let (name, kinds) = (shorten(&part.part, 40), by_kind(&part.kinds));
        writeln!(out, "{name:<40} {:>11}  {kinds}", part.constraints)?;
    }
    let circuit = &report.circuit;
    writeln!(out, "{:<40} {:>11}  {}", "all parts", circuit.constraints, by_kind(&circuit.kinds))?;
    writeln!(
        out,
        "\ncircuit      {} constraints, {} wires, {} nonzeros, domain {}",
        circuit.constraints, circuit.wires, circuit.nonzeros, circuit.domain
    )?;
    let ranges = &report.ranges;
    writeln!(out, "ranges       by {}: {}", ranges.chosen, ranges.reason)?;
    for (name, way) in [("bits", ranges.bits), ("lookups", ranges.lookups)] {
        writeln!(
            out,
            "  by {name:<8} {} constraints, about {:.1} ms to prove, {} compute units to verify",
            way.constraints, way.proving_ms, way.verify_compute_units
        )?;
    }
    if let Some(bytes) = report.proving_memory_bytes {
        writeln!(out, "memory       at most {:.0} MiB to prove", bytes as f64 / (1 << 20) as f64)?;
    }
    writeln!(out, "verification {} compute units by CPI", report.verify_compute_units)
}

fn by_kind(kinds: &[KindReport]) -> String {
    let kinds: Vec<String> = kinds.iter().map(|kind| format!("{} {}", kind.constraints, kind.kind)).collect();
    kinds.join(", ")
}

/// The end of a long name says more than its beginning.
fn shorten(name: &str, width: usize) -> String {
    let length = name.chars().count();
    if length <= width {
        return name.to_owned();
    }
    std::iter::once('…').chain(name.chars().skip(length - width + 1)).collect()
}
