//! What outputs decide, and whether the float model certainly decides the same.
//!
//! Integers decide, and a proof shows them. For which of them the float model decides otherwise for no input of the declared domain is the
//! compiler's claim in the `.assay` file ([`DecisionClaim`]): no proof speaks of it. Whoever has the ONNX file and the calibration data can
//! compile again and compare it ([`Model::check`]); for everybody else it is the word of whoever gave the file.

use assay_compiler::decision::{Band, Certain, DecisionClaim, Lead, Uncertain, ahead};
use assay_compiler::model::ClassNames;
use assay_interface::statement::Statement;
use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::{
    error::Error,
    model::Model,
    number::real,
    tensor::Tensor,
    values::{Inputs, Outputs},
};

/// What an output decides.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputDecision {
    /// Name of the output.
    pub output: String,
    /// By which rule, and what is claimed of it.
    pub claim: DecisionClaim,
    /// Binary scale of the integers that the claim is about.
    pub scale: i8,
    /// What is decided: of each element, or, where the largest decides, of all together.
    pub decided: Vec<Decided>,
}

/// One decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// Name of the element; of the output where all elements together decide.
    pub name: String,
    /// What is decided.
    pub choice: Choice,
    /// What it is decided by: the element's integer, or by how much the largest is ahead of every other ([`i64::MAX`] if there is no other).
    /// `None` where the scores are not shown.
    pub integer: Option<i64>,
    /// Whether the float model decides the same on the numbers that the integers of the inputs stand for.
    pub grid: Certainty,
    /// The same on whatever numbers were rounded to those integers.
    pub raw: Certainty,
}

/// What was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// At the threshold or above.
    AtLeast,
    /// Below the threshold.
    Below,
    /// The place of the largest.
    Place {
        /// Counted from 0.
        position: i64,
        /// The class that it is of, if it has a name.
        class: Option<String>,
    },
}

/// Whether the float model decides the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// It does, for every input of the declared domain with this output.
    Certain,
    /// It may decide otherwise for some: the score lies in the band, or the largest is not far enough ahead.
    Open,
    /// Nothing is certified.
    Uncertified(Uncertain),
    /// The scores are not shown: whoever has the inputs can tell ([`Model::decide`]).
    Hidden,
}

impl Certainty {
    /// Whether the float model certainly decides the same; `None` where that is not known.
    pub fn is_certain(self) -> Option<bool> {
        match self {
            Certainty::Certain => Some(true),
            Certainty::Open => Some(false),
            Certainty::Uncertified(_) | Certainty::Hidden => None,
        }
    }

    /// Why it is not known, if it is not.
    pub fn why(self) -> Option<&'static str> {
        match self {
            Certainty::Certain | Certainty::Open => None,
            Certainty::Uncertified(why) => Some(why.text()),
            Certainty::Hidden => Some("the scores are not shown: whoever has the inputs can tell"),
        }
    }

    fn of<T: Copy>(claimed: Result<T, Uncertain>, is_certain: impl FnOnce(T) -> bool) -> Certainty {
        match claimed {
            Ok(claimed) if is_certain(claimed) => Certainty::Certain,
            Ok(_) => Certainty::Open,
            Err(why) => Certainty::Uncertified(why),
        }
    }
}

impl Model {
    /// What each output decides by its rule, and what is claimed of that: [`DecisionClaim::None`] of one that decides nothing.
    pub fn claims(&self) -> &[DecisionClaim] {
        &self.compiled().decisions
    }

    /// Whether some output decides something.
    pub fn decides(&self) -> bool {
        self.claims().iter().any(|claim| *claim != DecisionClaim::None)
    }

    /// What the model decides for some inputs, of each output that decides. Scores that no statement shows count as well.
    ///
    /// # Errors
    /// [`Error::OtherModel`] for the inputs of another model.
    pub fn decide(&self, inputs: &Inputs) -> Result<Vec<OutputDecision>, Error> {
        let outputs = self.evaluate(inputs)?;
        let leads = self.compiled().leads(&inputs.values)?;
        Ok(self.decisions_of(&outputs.tensors(), &leads))
    }

    /// What a statement's outputs decide, from what it shows. Whether it is true, a [`crate::Verifier`] says.
    ///
    /// # Errors
    /// [`Error::Decode`] for a statement of another model, or one that no values give.
    pub fn decisions(&self, statement: &Statement) -> Result<Vec<OutputDecision>, Error> {
        Ok(self.decisions_of(&self.decode(statement)?.outputs, &[]))
    }

    /// What outputs of this model decide, with the leads of scores that they do not show, as far as these are known.
    pub(crate) fn decisions_of(&self, outputs: &[Tensor], leads: &[Option<Vec<i64>>]) -> Vec<OutputDecision> {
        let each = outputs.iter().zip(self.claims()).enumerate();
        each.filter_map(|(position, (tensor, claim))| {
            let classes = self.classes().get(position).and_then(Option::as_ref);
            of_output(tensor, claim, classes, leads.get(position).and_then(Option::as_deref))
        })
        .collect()
    }
}

impl Outputs {
    /// What the outputs decide, from what a statement shows of them: [`Model::decide`] knows more.
    pub fn decisions(&self) -> Vec<OutputDecision> {
        self.model.decisions_of(&self.tensors(), &[])
    }
}

/// What an output decides; `None` where it decides nothing.
fn of_output(
    tensor: &Tensor,
    claim: &DecisionClaim,
    classes: Option<&ClassNames>,
    leads: Option<&[i64]>,
) -> Option<OutputDecision> {
    // Outputs are public and have a scale: the schema says so.
    let (integers, of_tensor) = (tensor.integers()?, tensor.schema.scales.single()?);
    let (scale, decided) = match claim {
        DecisionClaim::None => return None,
        DecisionClaim::Threshold { threshold, band } => {
            let decide = |(name, &integer): (&String, &i64)| {
                let outside = |band: Band| !band.contains(integer);
                Decided {
                    name: name.clone(),
                    choice: if integer >= *threshold { Choice::AtLeast } else { Choice::Below },
                    integer: Some(integer),
                    grid: Certainty::of(band.grid, outside),
                    raw: Certainty::of(band.raw, outside),
                }
            };
            (of_tensor, tensor.names.iter().zip(integers).map(decide).collect())
        }
        DecisionClaim::Largest { lead } => {
            let largest = integers.iter().max()?;
            let position = integers.iter().position(|integer| integer == largest)?;
            let names = classes.map_or(&[][..], ClassNames::names);
            let choice = Choice::Place {
                position: i64::try_from(position).ok()?,
                class: names.get(position).cloned(),
            };
            let name = tensor.schema.name.clone();
            (of_tensor, vec![ranked(name, choice, Some(ahead(integers.iter().copied())), lead)])
        }
        DecisionClaim::Place { scale, lead } => {
            let places = tensor.names.iter().zip(integers).zip(tensor.values()?).enumerate();
            let decide = |(at, ((name, &position), value)): (usize, ((&String, &i64), f64))| {
                let class = tensor.class(at, value).map(str::to_owned);
                let known = leads.and_then(|leads| leads.get(at).copied());
                ranked(name.clone(), Choice::Place { position, class }, known, lead)
            };
            (*scale, places.map(decide).collect())
        }
    };
    Some(OutputDecision { output: tensor.schema.name.clone(), claim: claim.clone(), scale, decided })
}

/// A decision by the largest, which is ahead by so much if that is known.
fn ranked(name: String, choice: Choice, ahead: Option<i64>, lead: &Certain<Lead>) -> Decided {
    let certainty = |lead: Result<Lead, Uncertain>| match (ahead, lead) {
        // Without any other, or any doubt, the scores say nothing more.
        (None, Ok(Lead(0))) => Certainty::Certain,
        (None, Ok(_)) => Certainty::Hidden,
        (ahead, lead) => Certainty::of(lead, |Lead(least)| ahead.is_some_and(|ahead| ahead >= least)),
    };
    let (grid, raw) = (certainty(lead.grid), certainty(lead.raw));
    Decided { name, choice, integer: ahead, grid, raw }
}

impl Serialize for OutputDecision {
    /// `{output, rule, threshold, band, raw_band, decided}` or `{output, rule, lead, raw_lead, decided}`: see [`ClaimFields`].
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("output", &self.output)?;
        ClaimFields { claim: &self.claim, scale: self.scale }.write(&mut map)?;
        let decided: Vec<_> =
            self.decided.iter().map(|decided| Shown { decided, scale: self.scale }).collect();
        map.serialize_entry("decided", &decided)?;
        map.end()
    }
}

/// A claim as JSON has it, at the scale of its integers: `{rule, threshold, band, raw_band}`, each band `{first, end, first_value,
/// end_value}`, or `{rule, lead, raw_lead}`, each `{integer, value}`; `{unknown}` with the reason where nothing is certified.
#[derive(Clone, Copy, Debug)]
pub struct ClaimFields<'a> {
    /// The claim.
    pub claim: &'a DecisionClaim,
    /// The scale.
    pub scale: i8,
}

impl ClaimFields<'_> {
    fn write<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        let value = |integer: i64| real(integer, self.scale);
        let number = |integer: i64| serde_json::json!({ "integer": integer, "value": value(integer) });
        let unknown = |why: Uncertain| serde_json::json!({ "unknown": why.text() });
        let band = |band: Result<Band, Uncertain>| match band {
            Ok(Band { first, end }) => serde_json::json!({
                "first": first, "end": end, "first_value": value(first), "end_value": value(end),
            }),
            Err(why) => unknown(why),
        };
        let of_lead = |lead: Result<Lead, Uncertain>| lead.map_or_else(unknown, |Lead(lead)| number(lead));
        map.serialize_entry("rule", self.claim.rule())?;
        match self.claim {
            DecisionClaim::None => {}
            DecisionClaim::Threshold { threshold, band: claimed } => {
                map.serialize_entry("threshold", &number(*threshold))?;
                map.serialize_entry("band", &band(claimed.grid))?;
                map.serialize_entry("raw_band", &band(claimed.raw))?;
            }
            DecisionClaim::Largest { lead } | DecisionClaim::Place { lead, .. } => {
                map.serialize_entry("lead", &of_lead(lead.grid))?;
                map.serialize_entry("raw_lead", &of_lead(lead.raw))?;
            }
        }
        Ok(())
    }
}

impl Serialize for ClaimFields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.write(&mut map)?;
        map.end()
    }
}

/// A decision as JSON has it.
struct Shown<'a> {
    decided: &'a Decided,
    scale: i8,
}

impl Serialize for Shown<'_> {
    /// `{name, side, integer, value, certain, certain_raw}`, or `{name, position, class, ahead, ahead_value, certain, certain_raw}`; `certain`
    /// is `null` where that is not known, with `why`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Decided { name, choice, integer, grid, raw } = self.decided;
        let value = integer.filter(|&integer| integer < i64::MAX).map(|integer| real(integer, self.scale));
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", name)?;
        match choice {
            Choice::AtLeast | Choice::Below => {
                let side = if *choice == Choice::AtLeast { "at_least" } else { "below" };
                map.serialize_entry("side", side)?;
                map.serialize_entry("integer", integer)?;
                map.serialize_entry("value", &value)?;
            }
            Choice::Place { position, class } => {
                map.serialize_entry("position", position)?;
                map.serialize_entry("class", class)?;
                map.serialize_entry("ahead", &integer.filter(|&integer| integer < i64::MAX))?;
                map.serialize_entry("ahead_value", &value)?;
            }
        }
        map.serialize_entry("certain", &grid.is_certain())?;
        map.serialize_entry("certain_raw", &raw.is_certain())?;
        if let Some(why) = grid.why().or(raw.why()) {
            map.serialize_entry("why", why)?;
        }
        map.end()
    }
}
