//! What is certain of an output's error, in words.

use super::layout::{Page, count, percent, real_down, real_up};
use super::table::{self, Column, Kind};
use crate::report::bound::{BandReport, BoundReport, CertifiedReport};
use crate::report::contents::OutputReport;
use crate::report::saturation::SaturationReport;

/// The largest error over the whole domain: from below, and from above.
pub(super) fn bound(bound: &BoundReport, page: &mut Page) {
    let BoundReport { found, evaluations, certified, uncertified } = bound;
    let found = format!("worst found {} in a search of {} inputs", real_down(*found), count(*evaluations));
    let text = match (certified, uncertified) {
        (Some(certified), _) if certified.is_useful => {
            let raw = match certified.raw > certified.error {
                true if certified.raw.is_infinite() => {
                    " (without a bound where inputs are rounded first)".into()
                }
                true => format!(" ({} where inputs are rounded first)", real_up(certified.raw)),
                false => String::new(),
            };
            let margin = certified.margin.map_or_else(String::new, |margin| {
                let raw = match certified.raw_margin {
                    Some(raw) if raw.is_infinite() => " (never surely where inputs are rounded first)".into(),
                    Some(raw) if raw > margin => {
                        format!(" ({} where inputs are rounded first)", real_up(raw))
                    }
                    _ => String::new(),
                };
                let margin = real_up(margin);
                format!("; the decision is the float model's where the best score is ahead by {margin} or more{raw}")
            });
            format!("at most {}{raw}, certified; {found}{margin}", real_up(certified.error))
        }
        (Some(certified), _) => format!(
            "{found}; no useful certificate: the bound, {}, exceeds what the output varies by",
            real_up(certified.error)
        ),
        (None, Some(why)) => format!("{found}; no certificate: {why}"),
        (None, None) => found,
    };
    page.paragraph("  ", &format!("For every input of the domain: {text}."));
}

/// The band around a threshold.
pub(super) fn band(bound: &BoundReport, page: &mut Page) {
    let Some(certified) = &bound.certified else { return };
    let Some(band) = &certified.band else { return };
    let of = |band: &BandReport| {
        let (inside, total) = (count(band.inside), count(band.total));
        format!("outside of integers [{}, {}): {inside} of {total} lie inside", band.first, band.end)
    };
    let raw = match &certified.raw_band {
        Some(raw) => format!("; where inputs are rounded first, {}", of(raw)),
        None if certified.raw.is_infinite() => "; nowhere surely where inputs are rounded first".into(),
        None => String::new(),
    };
    page.paragraph("  ", &format!("Certainly as the float model's {}{raw}.", of(band)));
}

const PARTS: [Column; 4] = [
    Column { head: "weights", phrase: "weights {}", kind: Kind::Number },
    Column { head: "rounding", phrase: "rounding {}", kind: Kind::Number },
    Column { head: "tables", phrase: "tables {}", kind: Kind::Number },
    Column { head: "saturation", phrase: "saturation {}", kind: Kind::Number },
];

/// Where certified errors come from.
pub(super) fn parts(outputs: &[OutputReport], page: &mut Page) {
    let certified = |output: &OutputReport| output.bound.as_ref().and_then(|bound| bound.certified.clone());
    for (output, certified) in outputs.iter().filter_map(|output| Some((output, certified(output)?))) {
        let CertifiedReport { layers, is_useful, error, .. } = &certified;
        let is_some =
            |x: &&crate::report::bound::PartsReport| x.weights + x.rounding + x.tables + x.saturation > 0.0;
        let layers: Vec<_> = layers.iter().filter(is_some).collect();
        if !is_useful || layers.is_empty() || *error == 0.0 {
            continue;
        }
        page.title(&format!("Certified error of {}: where it comes from", output.name));
        let rows = layers.iter().map(|layer| {
            let parts = [layer.weights, layer.rounding, layer.tables, layer.saturation];
            (layer.layer.clone(), parts.map(percent).to_vec())
        });
        table::write(page, "layer", &PARTS, &rows.collect::<Vec<_>>());
    }
}

const SATURATING: [Column; 2] = [
    Column { head: "values", phrase: "{} values", kind: Kind::Number },
    Column { head: "of inputs", phrase: "{} of inputs", kind: Kind::Number },
];

/// Where values saturate.
pub(super) fn saturation(found: &SaturationReport, page: &mut Page) {
    let SaturationReport { inputs, share, layers } = found;
    page.title("Values that can saturate for some input of the domain");
    let rows =
        layers.iter().map(|layer| (layer.layer.clone(), vec![count(layer.values), percent(layer.share)]));
    table::write(page, "layer", &SATURATING, &rows.collect::<Vec<_>>());
    let text = format!(
        "Of {} inputs, half anywhere in the domain and half at its corners, {} clamp some value. Formats that hold the whole domain cost \
         more than a tenth of the constraints, or were not asked for (--widths); a narrower --domain, rows as far out in the calibration \
         data or a certified --max-error excludes it.",
        count(*inputs),
        percent(*share)
    );
    page.paragraph("  ", &text);
}
