//! Measurements as tables.

use std::time::Duration;

use serde_json::{Value, json};

use super::measure::Measured;
use crate::ui::{self, Table, bytes};

/// What the figures came from.
pub fn machine() -> Value {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    json!({
        "cpu": cpu.trim_start_matches(['\t', ' ', ':']),
        "threads": threads(),
        "backend": backend(),
    })
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn backend() -> String {
    assay_groth16::Backend::detect().map_or_else(|error| error.to_string(), |backend| backend.name().into())
}

/// One row, in full.
pub fn of_one(row: &Measured) -> String {
    let mut table = Table::new(["", "median", "min", "max", "MAD", "runs"]);
    for (name, spread) in &row.times {
        table.row([
            name.clone(),
            ms(Some(spread.median_ms)),
            ms(Some(spread.min_ms)),
            ms(Some(spread.max_ms)),
            ms(Some(spread.mad_ms)),
            spread.runs.to_string(),
        ]);
    }
    ui::fields(&[
        ("model", row.name.clone()),
        ("constraints", format!("{} (domain {})", row.constraints, row.domain)),
        ("by kind", kinds(row)),
        ("proving key", bytes(row.key_bytes)),
        ("proof", format!("{} bytes", row.proof_bytes)),
        (
            "verify on chain",
            row.compute_units.map_or_else(not_known, |units| format!("{units} compute units")),
        ),
        ("peak memory", row.peak_bytes.map_or_else(not_known, bytes)),
        (
            "ark-groth16",
            row.ark_ratio.map_or_else(|| "not run".into(), |ratio| format!("{ratio:.1} times our time")),
        ),
        ("machine", format!("{} threads, {}", threads(), backend())),
    ]) + &table.render()
}

/// All rows: sizes, times, phases.
pub fn of_all(rows: &[Measured]) -> String {
    let mut sizes =
        Table::new(["row", "constraints", "domain", "by kind", "key", "proof", "peak memory", "verify CU"]);
    let mut times = Table::new([
        "row",
        "compile",
        "setup",
        "check key",
        "load key",
        "witness",
        "prove",
        "witness + prove",
        "MAD",
        "verify",
        "ark",
    ]);
    let mut phases = Table::new([
        "row",
        "commitment",
        "completion",
        "rows",
        "quotient",
        "A",
        "B in G1",
        "B in G2",
        "L",
        "H",
    ]);
    for row in rows {
        let name = || row.name.clone();
        sizes.row([
            name(),
            row.constraints.to_string(),
            row.domain.to_string(),
            kinds(row),
            bytes(row.key_bytes),
            row.proof_bytes.to_string(),
            row.peak_bytes.map_or_else(not_known, bytes),
            row.compute_units.map_or_else(String::new, |units| units.to_string()),
        ]);
        let total = if row.median("witness").is_some() { "witness + prove" } else { "prove" };
        let spread = row.times.iter().find(|(name, _)| name == total).map(|(_, spread)| spread.mad_ms);
        let median = |name: &str| ms(row.median(name));
        times.row([
            name(),
            ms(row.compile_ms),
            ms(row.setup_ms),
            median("check key once"),
            median("load key"),
            median("witness"),
            median("prove"),
            median(total),
            ms(spread),
            median("verify"),
            row.ark_ratio.map_or_else(String::new, |ratio| format!("{ratio:.1}x")),
        ]);
        phases.row([
            name(),
            median("commitment"),
            median("completion"),
            median("rows"),
            median("quotient"),
            median("A"),
            median("B in G1"),
            median("B in G2"),
            median("L"),
            median("H"),
        ]);
    }
    let machine = machine();
    let machine =
        format!("{}, {} threads, {}\n", machine["cpu"].as_str().unwrap_or("?"), threads(), backend());
    [machine, sizes.render(), times.render(), phases.render()].join("\n")
}

fn kinds(row: &Measured) -> String {
    let kinds: Vec<String> = row.kinds.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    kinds.join(", ")
}

fn ms(value: Option<f64>) -> String {
    value.map_or_else(String::new, |ms| ui::duration(Duration::from_secs_f64((ms / 1e3).clamp(0.0, 1e9))))
}

fn not_known() -> String {
    "not known".into()
}
