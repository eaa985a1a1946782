//! What outputs decide, and what is claimed of that, as tables.

use anyhow::anyhow;
use assay::{
    Band, Certainty, Choice, ClaimFields, Decided, DecisionClaim, Lead, Model, OutputDecision, Uncertain,
};
use assay_compiler::report::real;
use serde_json::{Map, Value};

use crate::failure::hinted;
use crate::ui::{STRONG, Table, paint};
use crate::values::LISTED;

/// The decisions as a table under a heading; nothing where no output decides.
pub fn section(decisions: &[OutputDecision]) -> String {
    if decisions.is_empty() {
        return String::new();
    }
    let mut table = Table::new(["name", "decision", "float model", "float model, before rounding"]);
    for OutputDecision { output, claim, scale, decided } in decisions {
        for decided in decided.iter().take(LISTED) {
            let bands = match claim {
                DecisionClaim::Threshold { band, .. } => [band.grid.ok(), band.raw.ok()],
                _ => [None; 2],
            };
            let [grid, raw] = bands;
            let grid = certainty_text(decided.grid, grid, decided);
            let raw = certainty_text(decided.raw, raw, decided);
            table.row([decided.name.clone(), decision(claim, *scale, decided), grid, raw]);
        }
        if decided.len() > LISTED {
            let more = format!("... {} more of {output}", decided.len() - LISTED);
            table.row([more, String::new(), String::new(), String::new()]);
        }
    }
    format!("{}\n{}", paint(STRONG, "decisions, by the bands that the model file claims"), table.render())
}

/// What was decided.
fn decision(claim: &DecisionClaim, scale: i8, decided: &Decided) -> String {
    let threshold = || match claim {
        DecisionClaim::Threshold { threshold, .. } => number(*threshold, scale),
        _ => String::new(),
    };
    match &decided.choice {
        Choice::AtLeast => format!("at or above {}", threshold()),
        Choice::Below => format!("below {}", threshold()),
        Choice::Place { position, class } => match class {
            Some(class) => format!("{position} ('{class}')"),
            None => position.to_string(),
        },
    }
}

/// Whether the float model decides the same, and why that is not certain.
fn certainty_text(certainty: Certainty, band: Option<Band>, decided: &Decided) -> String {
    match (certainty, band, decided.integer) {
        (Certainty::Certain, ..) => "the same".into(),
        (Certainty::Open, Some(Band { first, end }), _) => {
            format!("maybe the other: inside of integers [{first}, {end})")
        }
        (Certainty::Open, None, ahead) => {
            format!("maybe another: ahead by {} only", ahead.unwrap_or_default())
        }
        (Certainty::Uncertified(_) | Certainty::Hidden, ..) => {
            format!("not known: {}", certainty.why().unwrap_or_default())
        }
    }
}

/// An integer with what it stands for.
fn number(integer: i64, scale: i8) -> String {
    format!("{} (integer {integer})", real(assay::real(integer, scale)))
}

/// The claims of a model as a table under a heading; nothing where no output decides.
pub fn claims(model: &Model) -> Option<String> {
    let mut table = Table::new(["output", "decides", "float model the same", "before rounding"]);
    for (name, claim, scale) in each(model) {
        let (decides, grid, raw) = match claim {
            DecisionClaim::None => continue,
            DecisionClaim::Threshold { threshold, band } => {
                let of =
                    |band: Result<Band, Uncertain>| band.map_or_else(unknown, |band| outside(band, scale));
                (format!("at or above {}", number(*threshold, scale)), of(band.grid), of(band.raw))
            }
            DecisionClaim::Largest { lead } => {
                ("the largest element".into(), ahead(lead.grid, scale), ahead(lead.raw, scale))
            }
            DecisionClaim::Place { lead, .. } => {
                ("the largest score, not shown".into(), ahead(lead.grid, scale), ahead(lead.raw, scale))
            }
        };
        table.row([name.to_owned(), decides, grid, raw]);
    }
    model.decides().then(|| table.render())
}

fn outside(Band { first, end }: Band, scale: i8) -> String {
    if first == end {
        return "always".into();
    }
    let [low, high] = [first, end].map(|end| real(assay::real(end, scale)));
    format!("outside of integers [{first}, {end}), values [{low}, {high})")
}

fn ahead(lead: Result<Lead, Uncertain>, scale: i8) -> String {
    match lead {
        Ok(Lead(0)) => "always".into(),
        Ok(Lead(lead)) => format!("where it is ahead by {}", number(lead, scale)),
        Err(why) => unknown(why),
    }
}

fn unknown(why: Uncertain) -> String {
    format!("not known: {}", why.text())
}

/// The claims by output, each with its fields.
pub fn claims_json(model: &Model) -> Value {
    let claims = each(model).filter(|(_, claim, _)| **claim != DecisionClaim::None);
    let fields = claims.map(|(name, claim, scale)| {
        let fields = serde_json::to_value(ClaimFields { claim, scale }).unwrap_or_default();
        (name.to_owned(), fields)
    });
    Value::Object(fields.collect::<Map<_, _>>())
}

/// Each output's claim, with the scale of its integers.
fn each(model: &Model) -> impl Iterator<Item = (&str, &DecisionClaim, i8)> {
    model.schema().outputs().iter().zip(model.claims()).map(|(tensor, claim)| {
        let scale = match claim {
            DecisionClaim::Place { scale, .. } => *scale,
            _ => tensor.scales.single().unwrap_or_default(),
        };
        (tensor.name.as_str(), claim, scale)
    })
}

/// Refuses a model of which no output decides.
pub fn demand(model: &Model) -> anyhow::Result<()> {
    if model.decides() {
        return Ok(());
    }
    Err(hinted(
        anyhow!(
            "no output of model {:?} decides: it has no threshold, no scores of named classes and no place of the largest",
            model.name()
        ),
        "`assay compile --threshold` says from which value on a score decides",
    ))
}

/// How many decisions there are, and of how many it is certain that the float model's are the same.
pub fn count<'a>(decisions: impl Iterator<Item = &'a OutputDecision>) -> (usize, usize) {
    let all: Vec<&Decided> = decisions.flat_map(|decision| &decision.decided).collect();
    (all.len(), all.iter().filter(|decided| decided.grid == Certainty::Certain).count())
}
