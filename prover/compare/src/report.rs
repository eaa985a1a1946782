//! All rows as tables.

use std::time::Duration;

use assay_cli::bench::machine::Machine;
use assay_cli::ui::{self, Table, bytes};

use crate::row::Row;

/// All rows: sizes, times, phases.
pub fn text(machine: &Machine, rows: &[Row]) -> String {
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
        let measured = &row.measured;
        let name = || measured.name.clone();
        sizes.row([
            name(),
            measured.constraints.to_string(),
            measured.domain.to_string(),
            measured.kinds_text(),
            bytes(measured.key_bytes),
            measured.proof_bytes.to_string(),
            measured.peak_bytes.map_or_else(|| "not known".into(), bytes),
            row.compute_units.map_or_else(String::new, |units| units.to_string()),
        ]);
        let total = if measured.median("witness").is_some() { "witness + prove" } else { "prove" };
        let spread = measured.times.iter().find(|(name, _)| name == total).map(|(_, spread)| spread.mad_ms);
        let median = |name: &str| ms(measured.median(name));
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
            row.ark_ratio().map_or_else(String::new, |ratio| format!("{ratio:.1}x")),
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
    [machine.summary() + "\n", sizes.render(), times.render(), phases.render()].join("\n")
}

fn ms(value: Option<f64>) -> String {
    value.map_or_else(String::new, |ms| ui::duration(Duration::from_secs_f64((ms / 1e3).clamp(0.0, 1e9))))
}
