//! The keeper's page and its dashboard say what the code has, and all of it.

use std::collections::BTreeSet;

use assay_operate::metrics::{Kind, Listed};

use super::config::Config;
use super::health::FAULTS;
use super::metrics::FAMILIES;

const PAGE: &str = include_str!("../../../../docs/keeper.md");
const DASHBOARD: &str = include_str!("../../../../deploy/grafana-keeper.json");

/// The cells of the page's tables, row by row.
fn rows() -> impl Iterator<Item = Vec<&'static str>> {
    let lines = PAGE.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    lines.map(|line| line.split(" | ").collect())
}

#[test]
fn the_page_has_every_key_with_its_default_and_no_other() {
    let mut keys: BTreeSet<String> = BTreeSet::new();
    for (table, names) in Config::keys() {
        keys.extend(names.iter().map(|name| format!("{table}.{name}")));
    }
    let template = Config::template(&[]);
    for (table, names) in Config::keys() {
        for name in names {
            let key = format!("`{table}.{name}`");
            let row = rows().find(|row| row[0] == key).unwrap_or_else(|| panic!("{key} is not on the page"));
            // What the template sets is the default, as a test of its own shows.
            let section = template.split(&format!("[{table}]\n")).nth(1).unwrap_or_default();
            let mut lines = section.lines().take_while(|line| !line.starts_with('['));
            if let Some(value) = lines.find_map(|line| line.strip_prefix(&format!("{name} = "))) {
                assert_eq!(row[1], format!("`{value}`"), "{key}");
            }
        }
    }
    let tables: Vec<&str> = Config::keys().map(|(table, _)| table).collect();
    for named in PAGE.split('`').skip(1).step_by(2) {
        let is_key = named.split_once('.').is_some_and(|(table, name)| {
            tables.contains(&table) && !["toml", "journal", "json"].contains(&name)
        });
        assert!(!is_key || keys.contains(named), "{named} is no key");
    }
}

#[test]
fn the_page_has_every_metric_and_every_fault() {
    let rows: Vec<Vec<&str>> = rows().collect();
    for Listed { name, labels, help, .. } in FAMILIES {
        let labelled =
            if labels.is_empty() { (*name).into() } else { format!("{name}{{{}}}", labels.join(", ")) };
        assert!(rows.contains(&vec![&format!("`{labelled}`"), *help]), "| `{labelled}` | {help} |");
    }
    for fault in FAULTS {
        assert!(rows.iter().any(|row| row[0] == fault), "{fault}");
    }
    assert!(names(PAGE).is_subset(&known()), "{:?}", names(PAGE).difference(&known()));
}

#[test]
fn the_dashboard_shows_every_metric_and_no_other() {
    let dashboard: serde_json::Value = serde_json::from_str(DASHBOARD).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().into_iter().flatten());
    let shown: BTreeSet<String> =
        targets.flat_map(|target| names(target["expr"].as_str().unwrap())).collect();
    assert!(shown.is_subset(&known()), "{:?}", shown.difference(&known()));
    for Listed { name, .. } in FAMILIES {
        assert!(shown.iter().any(|shown| shown.starts_with(name)), "no panel shows {name}");
    }
    for panel in panels {
        assert!(panel["title"].as_str().is_some_and(|title| !title.is_empty()));
        assert!(panel["gridPos"]["w"].as_u64().is_some());
    }
}

/// Names that a server shows: of histograms, those of their parts.
fn known() -> BTreeSet<String> {
    let parts = |listed: &Listed| -> Vec<String> {
        let suffixes: &[&str] = match listed.kind {
            Kind::Histogram => &["", "_bucket", "_sum", "_count"],
            Kind::Counter | Kind::Gauge => &[""],
        };
        suffixes.iter().map(|suffix| format!("{}{suffix}", listed.name)).collect()
    };
    FAMILIES.iter().flat_map(parts).collect()
}

/// The metrics that a text names.
fn names(text: &str) -> BTreeSet<String> {
    let words = text.split(|letter: char| !letter.is_ascii_lowercase() && letter != '_');
    words.filter(|word| word.starts_with("assay_keeper_")).map(String::from).collect()
}
