//! Whether what options name exists: inputs, and decisions.

use crate::model::{Model, Output};
use crate::operators::operator::Measure;
use crate::options::{ExactFloats, OptionError, Options};

/// Whether the inputs that are to be exact exist, by their names in the file.
pub(crate) fn check_exact(model: &Model, options: &Options) -> Result<(), OptionError> {
    let ExactFloats::Inputs(names) = &options.exact_floats else { return Ok(()) };
    let known = || model.file_inputs.iter().map(|input| input.name.as_str());
    match names.iter().find(|name| !known().any(|known| known == **name)) {
        Some(unknown) => {
            Err(OptionError::UnknownExact(unknown.clone(), known().collect::<Vec<_>>().join(", ")))
        }
        None => Ok(()),
    }
}

/// Whether the inputs that a statement is to hide exist.
pub(crate) fn check_hidden(model: &Model, options: &Options) -> Result<(), OptionError> {
    let known = |name: &str| model.inputs.iter().any(|input| input.name == name);
    // A column can be hidden by its own name, which takes it out of the tensor that it was joined to.
    let inputs = || {
        let of_file = model.file_inputs.iter().map(|input| input.name.as_str());
        let joined = model.inputs.iter().map(|input| input.name.as_str());
        let joined = joined.filter(|name| model.file_inputs.iter().all(|input| input.name != *name));
        of_file.chain(joined).collect::<Vec<_>>().join(", ")
    };
    if let Some(unknown) = options.commit.iter().find(|name| !known(name)) {
        return Err(OptionError::UnknownCommit(unknown.clone(), inputs()));
    }
    // `numbers` reads as all numbers, and there may be a `numbers_2`.
    let is_joined = |name: &str| known(name) && model.file_inputs.iter().all(|input| input.name != name);
    for name in options.commit.iter().filter(|name| is_joined(name)) {
        let title = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
        let is_shown = |other: &&str| {
            other.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_') == title
                && is_joined(other)
                && options.commit.iter().all(|hidden| hidden != other)
        };
        let mut others = model.inputs.iter().map(|input| input.name.as_str());
        if let Some(shown) = others.find(is_shown) {
            return Err(OptionError::PartlyCommitted(name.clone(), shown.to_owned()));
        }
    }
    match &options.member {
        Some(member) if !known(&member.name) => {
            Err(OptionError::UnknownMember(member.name.clone(), inputs()))
        }
        _ => Ok(()),
    }
}

/// Flips are those of a decision: of a real output against a threshold, or an ArgMax.
pub(crate) fn check_decisions(model: &Model, options: &Options) -> Result<(), OptionError> {
    let decides = |output: &Output| {
        let layer = model.layers.get(output.layer);
        layer.is_some_and(|layer| layer.function.measure() != Measure::Results)
    };
    match options.max_flips {
        Some(flips) if options.threshold.is_none() && !model.outputs.iter().any(decides) => {
            Err(OptionError::NoDecision(flips))
        }
        _ => Ok(()),
    }
}

/// The name in the schema; a graph's own name is cut to what a schema takes.
pub(crate) fn model_name(model: &Model, options: &Options) -> String {
    if let Some(name) = &options.name {
        return name.clone();
    }
    let mut name: String = model.name.chars().filter(|c| !c.is_control()).collect();
    while name.len() > assay_interface::schema::MAX_NAME {
        name.pop();
    }
    if name.is_empty() { "model".into() } else { name }
}
