//! The graph that a plan gives, with what interval arithmetic says about it.

use std::sync::Arc;

use assay_circuits::{Missing as Absence, at, gather};
use assay_interface::missing::Missing;
use assay_interface::scales::Scales;

use super::bounds::{self, LayerIntervals};
use super::domain::Element;
use super::error::{Feasible, PlanError};
use super::graph::{QuantGraph, QuantInput, QuantLayer, QuantOutput};
use super::interval::Interval;
use super::plan::{FormatChoice, LayerResult, Plan};
use super::profile::Profile;
use super::{codes, steps, weights};
use crate::internal::Expected;
use crate::model::{Absent, Encoding, Kind, Layer, LayerFunction, Model};
use crate::operators::operator::ResultScale;

/// Widest output, in bits.
const MAX_OUTPUT_BITS: u32 = assay_interface::schema::MAX_BITS as u32;

/// A plan's graph and what interval arithmetic says about it.
#[derive(Clone)]
pub(crate) struct Realized {
    pub graph: QuantGraph,
    pub intervals: Vec<LayerIntervals>,
}

/// Sets the scales that follow from others: sums have that of what they sum, and operators say what their arguments make of theirs.
pub(crate) fn settle(model: &Model, profile: &Profile, plan: &mut Plan) -> Result<(), Absence> {
    (0..plan.layers.len()).try_for_each(|position| settle_layer(model, profile, plan, position))
}

/// The same of one layer, those that it reads being settled.
pub(crate) fn settle_layer(
    model: &Model,
    profile: &Profile,
    plan: &mut Plan,
    position: usize,
) -> Result<(), Absence> {
    let layer = at("a layer", &model.layers, position)?;
    let summed = plan.source_scale(profile.wiring(position)?.source()?)?;
    let found = plan.layer_mut(position)?;
    if found.result == LayerResult::Sums {
        found.scale = summed;
        found.rows = vec![summed];
    }
    if let LayerFunction::Operator(operator) = &layer.function
        && let ResultScale::Fixed(scale) = operator.result_scale(&found.formats())
    {
        found.scale = scale;
        found.format = FormatChoice::Follows;
    }
    Ok(())
}

/// The quantized graph of a plan. What does not differ from `known`, another plan with its graph, is taken from there.
pub(crate) fn realize(
    model: &Model,
    profile: &Profile,
    plan: &Plan,
    known: Option<(&Plan, &Realized)>,
) -> Result<Realized, PlanError> {
    let inputs = model.inputs.iter().zip(&plan.inputs).map(|(input, format)| {
        let shape = schema_shape(&input.shape);
        let each: Vec<i8> = format.finer.iter().map(|finer| (format.scale + finer) as i8).collect(); // within ±127
        let scales = match input.encoding {
            Encoding::Float32 => Some(Scales::Float32),
            Encoding::Rounded if each.is_empty() => Some(Scales::One(format.scale as i8)),
            Encoding::Rounded => Scales::of_elements(&each, &shape),
        };
        let scales = scales.ok_or(PlanError::Infeasible)?;
        let coded = |missing: &Option<Absent>| *missing == Some(Absent::Coded);
        let missing = Missing::of_elements(&input.missing.iter().map(coded).collect::<Vec<_>>(), &shape);
        let bits = format.bits as u8;
        let of_elements =
            scales.each(&shape).zip(missing.each(&shape)).take(input.len()).enumerate().map(|(i, format)| {
                Element {
                    range: input.domains.get(i).copied().unwrap_or((f64::NEG_INFINITY, f64::INFINITY)),
                    is_whole: input.kind != Kind::Real,
                    scale: format.0,
                    bits,
                    may_be_missing: format.1,
                }
            });
        let domains = of_elements.map(|element| element.domain()).collect::<Option<_>>();
        let domains = domains.ok_or(PlanError::Infeasible)?;
        Ok(QuantInput { name: input.name.clone(), shape, bits, scales, missing, domains })
    });
    let inputs = inputs.collect::<Result<_, PlanError>>()?;
    let mut graph = QuantGraph { inputs, layers: Vec::new(), outputs: Vec::new() };
    let mut values = bounds::of_inputs(&graph);
    let mut intervals: Vec<LayerIntervals> = Vec::with_capacity(model.layers.len());
    // Whether a value has the same intervals as in the known graph.
    let mut is_same: Vec<bool> = plan
        .inputs
        .iter()
        .enumerate()
        .map(|(i, format)| known.is_some_and(|(known, _)| known.inputs.get(i) == Some(format)))
        .collect();
    for (position, layer) in model.layers.iter().enumerate() {
        let sources = &profile.wiring(position)?.sources;
        let known = match known {
            None => None,
            Some((old, realized)) => Some((
                has_same_scales(sources, plan, old, position)?,
                at("a known layer", &realized.graph.layers, position)?,
                at("the intervals of a known layer", &realized.intervals, position)?,
            )),
        };
        let old = known.and_then(|(is_same, layer, intervals)| is_same.then_some((layer, intervals)));
        let sources = gather("whether a value is the same", &is_same, sources.iter().copied())?;
        let unchanged = sources.into_iter().all(|is_same| is_same);
        let (layer, found) = match old {
            Some((layer, intervals)) if unchanged => (layer.clone(), intervals.clone()),
            Some((layer, _)) => {
                let layer = layer.clone();
                let found = bounds::of_layer(&layer, &layer.gather(&values)?)?;
                (layer, found)
            }
            None => realize_layer(layer, profile, plan, position, &values)?,
        };
        is_same.push(known.is_some_and(|(_, _, known)| known.results == found.results));
        values.push(found.results.clone());
        intervals.push(found);
        graph.layers.push(layer);
    }
    for output in &model.outputs {
        let results = &at("the intervals of an output", &intervals, output.layer)?.results;
        let range = results.iter().copied().reduce(Interval::union).expected("an element of an output")?;
        let layer = plan.layer(output.layer)?;
        let bits = match layer.format {
            // A signed width.
            FormatChoice::Fixed => {
                let function = &at("the layer of an output", &model.layers, output.layer)?.function;
                layer.bits + u32::from(function.is_unsigned())
            }
            FormatChoice::Free | FormatChoice::Follows => range.signed_bits(),
        };
        if bits > MAX_OUTPUT_BITS || range.signed_bits() > bits {
            return Err(PlanError::Infeasible);
        }
        graph.outputs.push(QuantOutput {
            name: output.name.clone(),
            shape: schema_shape(&output.shape),
            layer: output.layer,
            bits: bits.max(2) as u8, // at most MAX_OUTPUT_BITS
        });
    }
    Ok(Realized { graph, intervals })
}

/// Whether two plans give a layer that reads `sources` the same integers.
fn has_same_scales(sources: &[usize], plan: &Plan, other: &Plan, position: usize) -> Result<bool, Absence> {
    for &source in sources {
        // Of an input, bits and all: they say which integer is a missing value.
        let is_same_input = plan.inputs.get(source) == other.inputs.get(source);
        if plan.source_scale(source)? != other.source_scale(source)? || !is_same_input {
            return Ok(false);
        }
    }
    Ok(plan.layer(position)? == other.layer(position)?)
}

/// Shapes of a schema have 1 to 4 dimensions: a scalar gets one, more than four are joined.
pub(crate) fn schema_shape(shape: &[usize]) -> Vec<u32> {
    let dim = |size: usize| size as u32; // of at most 2^27 elements, as the importer holds
    match shape {
        [] => vec![1],
        shape if shape.len() <= assay_interface::schema::MAX_RANK => shape.iter().copied().map(dim).collect(),
        shape => vec![dim(shape.iter().product())],
    }
}

/// A layer of a plan, over values of these intervals.
fn realize_layer(
    layer: &Layer,
    profile: &Profile,
    plan: &Plan,
    position: usize,
    values: &[Vec<Interval>],
) -> Result<(QuantLayer, LayerIntervals), PlanError> {
    let (scales, wiring) = (plan.layer(position)?, profile.wiring(position)?);
    let map = weights::realize(&layer.map, wiring, profile, plan, &scales.rows)?;
    // Before anything is tabulated: weights that leave no room are found by their sums.
    let mut x = Vec::with_capacity(wiring.columns);
    for &source in &wiring.sources {
        x.extend_from_slice(at("a value that a layer reads", values, source)?);
    }
    let accumulators = bounds::of_map(&map, &x)?;
    let codes = codes::of_rows(layer, &map, wiring, profile, plan)?;
    let step =
        steps::realize(&layer.function, scales, profile.arguments(position)?, &codes, &profile.tables)?;
    let scale = i8::try_from(scales.scale).ok().feasible()?;
    let (name, sources) = (layer.name.clone(), wiring.sources.clone());
    let layer =
        QuantLayer { name, sources, map: Arc::new(map), committed: None, pool: layer.pool, step, scale };
    let intervals = bounds::behind(&layer, accumulators)?;
    Ok((layer, intervals))
}

#[cfg(test)]
mod tests {
    use std::any::Any;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use assay_circuits::Ranges;

    use super::*;
    use crate::model::{Encoding, Input, Kind, Map, Output, Row};
    use crate::operators::operator::{Argument, Formats, IntegerOperator, Operator, Takes};
    use crate::progress::{Observer, Unobserved};
    use crate::quantize::candidate::Search;
    use crate::quantize::error::{QuantizeError, SearchError};
    use crate::quantize::input::InputFormat;
    use crate::quantize::loss::Bound;

    /// An operator that counts how often it is asked for its integers, which would be tables.
    #[derive(Debug, Default)]
    struct Counted(AtomicUsize);

    impl Operator for Counted {
        fn name(&self) -> &'static str {
            "counted"
        }

        fn arguments(&self) -> Vec<Argument> {
            vec![Argument { len: 1, takes: Takes::rounded(12) }]
        }

        fn len(&self) -> usize {
            1
        }

        fn apply(&self, x: &[f64]) -> Vec<f64> {
            x.iter().map(|x| x.signum()).collect()
        }

        fn quantize(&self, _formats: &Formats<'_>) -> Result<Arc<dyn IntegerOperator>, PlanError> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Err(PlanError::Infeasible)
        }

        fn as_any(&self) -> &dyn Any {
            self
        }
    }

    /// How often a network with this weight in front of an operator asks for tables until it is refused.
    fn tables(weight: f64) -> usize {
        let operator = Arc::new(Counted::default());
        let (name, categories, missing) = ("x".into(), Vec::new(), Vec::new());
        let model = Model {
            name: "m".into(),
            inputs: vec![Input {
                name,
                shape: vec![1],
                kind: Kind::Real,
                encoding: Encoding::default(),
                categories,
                missing,
                domains: Vec::new(),
            }],
            file_inputs: Vec::new(),
            layers: vec![Layer {
                name: "f".into(),
                map: Arc::new(Map::Rows(vec![Row::atom(0).scaled(weight, 0.0)])),
                pool: None,
                function: LayerFunction::Operator(Arc::clone(&operator) as Arc<dyn Operator>),
            }],
            outputs: vec![Output { name: "y".into(), shape: vec![1], layer: 0, classes: None }],
            feature_names: Some(vec!["x".into()]),
        };
        let mut progress = Unobserved;
        let observer = Observer::new(&mut progress);
        let profile = Profile::new(&model, vec![vec![1.0], vec![-0.5]], &observer).unwrap();
        let search = Search {
            model: &model,
            profile: &profile,
            bound: Bound::NONE,
            threshold: None,
            inputs: vec![InputFormat::one(&[1.0])],
            output_format: None,
            ranges: Ranges::Bits,
            observer: &observer,
        };
        let refused = search.run().map(|_| ());
        let Err(SearchError::Quantize(refused @ QuantizeError::TooWide { .. })) = refused else {
            panic!("{refused:?}");
        };
        let text = refused.to_string();
        let place = "layer 'f' (counted) has no room in 60 bits";
        assert!(text.contains(place) && text.contains("'x' has the largest"), "{text}");
        operator.0.load(Ordering::Relaxed)
    }

    /// A network whose sums leave no room is refused before anything is tabulated; others are asked for their tables.
    #[test]
    fn sums_are_bounded_before_tables_are_made() {
        assert_eq!(tables(1e25), 0);
        assert!(tables(1.0) > 0);
    }
}
