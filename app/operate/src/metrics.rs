//! Counters, gauges and histograms, as text that Prometheus reads.
//!
//! All of a program's stand in one list, made by [`families!`](crate::families), so that its page and its dashboard can be compared with
//! it. By hand: the usual crate and its exporter would add 30 packages for what is two hundred lines here. Labels come from what few
//! people choose, such as programs and models, never from accounts; still, a family that grows beyond [`MOST_SERIES`] counts what is new
//! under `other`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Most series of one family.
const MOST_SERIES: usize = 200;
/// Most bytes of a label's value.
const LONGEST: usize = 80;

/// Upper bounds of what lasts from a millisecond to a minute, seconds.
const SECONDS: &[f64] =
    &[0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 60.0];

/// What a family counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// How often something happened.
    Counter,
    /// How much of something there is.
    Gauge,
    /// How long something took.
    Histogram,
}

/// A family of series with `L` labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Family<const L: usize> {
    /// Its place in the list.
    place: usize,
    labels: [&'static str; L],
}

/// A family as the list has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: &'static str,
    /// What it counts.
    pub kind: Kind,
    /// Its labels.
    pub labels: &'static [&'static str],
    /// What it says, in a sentence.
    pub help: &'static str,
}

impl<const L: usize> Family<L> {
    /// The family at a place of the list that [`families!`](crate::families) makes.
    pub const fn at(place: usize, labels: [&'static str; L]) -> Self {
        Self { place, labels }
    }

    /// Its place in the list.
    pub const fn place(self) -> usize {
        self.place
    }

    /// Its labels.
    pub const fn labels(self) -> [&'static str; L] {
        self.labels
    }
}

/// The list `FAMILIES`, and a constant for each family.
#[macro_export]
macro_rules! families {
    ($($constant:ident $kind:ident $name:literal [$($label:literal),*] $help:literal;)*) => {
        #[expect(non_camel_case_types, clippy::upper_case_acronyms)]
        enum Place { $($constant),* }

        $(
            #[doc = $help]
            pub const $constant: $crate::metrics::Family<{ <[&str]>::len(&[$($label),*]) }> =
                $crate::metrics::Family::at(Place::$constant as usize, [$($label),*]);
        )*

        /// Every family.
        pub const FAMILIES: &[$crate::metrics::Listed] = &[$($crate::metrics::Listed {
            name: $name,
            kind: $crate::metrics::Kind::$kind,
            labels: &[$($label),*],
            help: $help,
        }),*];
    };
}

#[derive(Clone, Debug)]
enum Series {
    Count(u64),
    Amount(f64),
    Times { within: Vec<u64>, count: u64, sum: f64 },
}

/// All series.
#[derive(Debug)]
pub struct Metrics {
    families: &'static [Listed],
    /// By place and labels.
    series: Mutex<BTreeMap<usize, BTreeMap<Vec<String>, Series>>>,
}

impl Metrics {
    /// None yet, of these families.
    pub const fn of(families: &'static [Listed]) -> Self {
        Self { families, series: Mutex::new(BTreeMap::new()) }
    }

    /// Forgets the series of a family, whose amounts are set anew.
    pub fn clear<const L: usize>(&self, family: Family<L>) {
        self.series.lock().unwrap_or_else(PoisonError::into_inner).remove(&family.place);
    }

    /// Counts `more`.
    pub fn add<const L: usize>(&self, family: Family<L>, labels: [&str; L], more: u64) {
        self.change(family, labels, Series::Count(0), |series| {
            if let Series::Count(count) = series {
                *count = count.saturating_add(more);
            }
        });
    }

    /// Sets an amount.
    pub fn set<const L: usize>(&self, family: Family<L>, labels: [&str; L], amount: f64) {
        self.change(family, labels, Series::Amount(0.0), |series| {
            if let Series::Amount(old) = series {
                *old = amount;
            }
        });
    }

    /// Notes how long something took.
    pub fn observe<const L: usize>(&self, family: Family<L>, labels: [&str; L], took: Duration) {
        let new = Series::Times { within: vec![0; SECONDS.len()], count: 0, sum: 0.0 };
        self.change(family, labels, new, |series| {
            if let Series::Times { within, count, sum } = series {
                let took = took.as_secs_f64();
                for (within, _) in within.iter_mut().zip(SECONDS).filter(|(_, bound)| took <= **bound) {
                    *within = within.saturating_add(1);
                }
                (*count, *sum) = (count.saturating_add(1), *sum + took);
            }
        });
    }

    fn change<const L: usize>(
        &self,
        family: Family<L>,
        labels: [&str; L],
        new: Series,
        change: impl FnOnce(&mut Series),
    ) {
        let mut all = self.series.lock().unwrap_or_else(PoisonError::into_inner);
        let family = all.entry(family.place).or_default();
        let mut labels: Vec<String> =
            labels.iter().map(|value| value.chars().take(LONGEST).collect()).collect();
        if family.len() >= MOST_SERIES && !family.contains_key(&labels) {
            labels = labels.iter().map(|_| "other".into()).collect();
        }
        change(family.entry(labels).or_insert(new));
    }

    /// All of them, as Prometheus' text format 0.0.4.
    pub fn text(&self) -> String {
        let all = self.series.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        for (place, listed) in self.families.iter().enumerate() {
            let Some(series) = all.get(&place) else { continue };
            write_family(&mut text, listed, series);
        }
        text
    }
}

fn write_family(text: &mut String, listed: &Listed, series: &BTreeMap<Vec<String>, Series>) {
    let Listed { name, kind, labels, help } = listed;
    let kind = match kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Histogram => "histogram",
    };
    // Writing to a string cannot fail.
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    for (values, series) in series {
        let pairs: Vec<(&str, &str)> =
            labels.iter().copied().zip(values.iter().map(String::as_str)).collect();
        let mut line = |suffix: &str, bound: Option<&str>, value: &dyn std::fmt::Display| {
            let named = bound.map(|bound| ("le", bound));
            let all: Vec<String> = pairs
                .iter()
                .copied()
                .chain(named)
                .map(|(label, value)| format!("{label}=\"{}\"", escaped(value)))
                .collect();
            let braced = if all.is_empty() { String::new() } else { format!("{{{}}}", all.join(",")) };
            let _ = writeln!(text, "{name}{suffix}{braced} {value}");
        };
        match series {
            Series::Count(count) => line("", None, count),
            Series::Amount(amount) => line("", None, amount),
            Series::Times { within, count, sum } => {
                for (within, bound) in within.iter().zip(SECONDS) {
                    line("_bucket", Some(&bound.to_string()), within);
                }
                line("_bucket", Some("+Inf"), count);
                line("_sum", None, sum);
                line("_count", None, count);
            }
        }
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::families! {
        DECISIONS Counter "assay_test_decisions_total" ["strategy", "decision"] "Looks, by what was decided.";
        FAILURES Counter "assay_test_failures_total" ["strategy", "reason"] "Looks that failed, by why.";
        CAP_LEFT Gauge "assay_test_cap_left" ["asset", "window"] "What the cap leaves.";
        SLOT Gauge "assay_test_slot" [] "Newest slot.";
        PROOF_SECONDS Histogram "assay_test_proof_seconds" ["strategy"] "How long a proof took.";
    }

    /// A sample: name, labels, value.
    type Sample = (String, Vec<(String, String)>, f64);

    /// Reads the text format as its description has it, strictly.
    fn parse(text: &str) -> Vec<Sample> {
        let mut samples = Vec::new();
        let (mut helped, mut typed) = (String::new(), String::new());
        assert!(text.is_empty() || text.ends_with('\n'));
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, help) = rest.split_once(' ').unwrap();
                assert!(!help.is_empty() && !help.contains('\\'));
                helped = name.into();
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').unwrap();
                assert!(["counter", "gauge", "histogram"].contains(&kind));
                assert_eq!(name, helped);
                typed = name.into();
            } else {
                let at = line.find(['{', ' ']).unwrap();
                let (name, mut rest) = line.split_at(at);
                assert!(name.starts_with(&typed) && !typed.is_empty(), "{line}");
                let mut labels = Vec::new();
                if let Some(inner) = rest.strip_prefix('{') {
                    rest = inner;
                    loop {
                        let (label, quoted) = rest.split_once("=\"").unwrap();
                        assert!(label.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{line}");
                        let mut value = String::new();
                        let mut letters = quoted.char_indices();
                        let end = loop {
                            match letters.next().unwrap() {
                                (_, '\\') => value.push(match letters.next().unwrap().1 {
                                    'n' => '\n',
                                    same @ ('\\' | '"') => same,
                                    other => panic!("\\{other}"),
                                }),
                                (at, '"') => break at,
                                (_, letter) => value.push(letter),
                            }
                        };
                        labels.push((label.to_owned(), value));
                        rest = &quoted[end + 1..];
                        match rest.strip_prefix(',') {
                            Some(more) => rest = more,
                            None => break,
                        }
                    }
                    rest = rest.strip_prefix('}').unwrap();
                }
                let value = rest.strip_prefix(' ').unwrap().parse().unwrap();
                samples.push((name.to_owned(), labels, value));
            }
        }
        samples
    }

    #[test]
    fn the_text_is_prometheus_format() {
        let metrics = Metrics::of(FAMILIES);
        assert_eq!(metrics.text(), "");
        metrics.add(DECISIONS, ["lending", "a \"reason\" \\ with\nlines"], 2);
        metrics.add(DECISIONS, ["lending", "a \"reason\" \\ with\nlines"], 1);
        metrics.set(CAP_LEFT, ["lamports", "day"], 12.0);
        metrics.set(SLOT, [], 400_000_000.0);
        metrics.observe(PROOF_SECONDS, ["lending"], Duration::from_millis(30));
        metrics.observe(PROOF_SECONDS, ["lending"], Duration::from_secs(100));
        let samples = parse(&metrics.text());
        let find = |name: &str| samples.iter().filter(|(found, ..)| found == name).collect::<Vec<_>>();
        let [(_, labels, count)] = find("assay_test_decisions_total")[..] else { panic!() };
        assert_eq!((labels[1].1.as_str(), *count), ("a \"reason\" \\ with\nlines", 3.0));
        assert_eq!(find("assay_test_slot")[0].2, 4e8);
        let buckets = find("assay_test_proof_seconds_bucket");
        assert_eq!(buckets.len(), SECONDS.len() + 1);
        let bound = |sample: &Sample| sample.1.last().unwrap().1.clone();
        for (bucket, expected) in buckets.iter().zip([0.0; 4].into_iter().chain([1.0; 11]).chain([2.0])) {
            assert_eq!(bucket.2, expected, "{}", bound(bucket));
        }
        assert_eq!(bound(buckets.last().unwrap()), "+Inf");
        assert_eq!(find("assay_test_proof_seconds_count")[0].2, 2.0);
        assert!((find("assay_test_proof_seconds_sum")[0].2 - 100.03).abs() < 1e-9);
    }

    #[test]
    fn series_are_bounded() {
        let metrics = Metrics::of(FAMILIES);
        for number in 0..3 * MOST_SERIES {
            metrics.add(FAILURES, ["lending", &format!("{number} {}", "x".repeat(1_000))], 1);
        }
        let samples = parse(&metrics.text());
        assert_eq!(samples.len(), MOST_SERIES + 1);
        let total: f64 = samples.iter().map(|(_, _, value)| value).sum();
        assert_eq!(total, 3.0 * MOST_SERIES as f64);
        assert!(metrics.text().len() < 40_000);
        metrics.clear(FAILURES);
        assert_eq!(metrics.text(), "");
    }
}
