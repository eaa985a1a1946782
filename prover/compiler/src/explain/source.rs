//! The float model of a compiled one: the layers that its ONNX file gives, equalized as they were when it was compiled.

use assay_interface::float32;
use assay_interface::missing::code;

use super::error::ExplainError;
use crate::calibrate::Table;
use crate::check::Difference;
use crate::compiled::CompiledModel;
use crate::features::coded;
use crate::import;
use crate::model::Model;
use crate::number::dequantize;
use crate::operators::operator::Operator;
use crate::progress::{Observer, Unobserved};
use crate::provenance::calibration_digest;
use crate::quantize::QuantInput;
use crate::quantize::bounds;
use crate::quantize::certify;
use crate::quantize::equalize::{Equalized, equalize};
use crate::quantize::error::SearchError;
use crate::quantize::plan::Plan;
use crate::quantize::profile::Profile;
use crate::quantize::realize::Realized;
use crate::source::Source;

/// The float model.
pub(super) struct FloatSource {
    /// As the file has it.
    pub model: Model,
    /// The same function, whose layers are those of the integers.
    pub equalized: Equalized,
    /// Whether it knows of the calibration data what its operators' integers follow from.
    pub is_shown: bool,
    has_samples: bool,
}

impl FloatSource {
    /// The model of a file that is the one that was compiled.
    pub fn new(
        compiled: &CompiledModel,
        source: &Source<'_>,
        calibration: Option<&Table>,
    ) -> Result<Self, ExplainError> {
        let (file, given) = (compiled.source_digest, source.digest());
        if file != given {
            return Err(Difference::Onnx { file, given }.into());
        }
        let samples =
            calibration.map(|table| compiled.arrange(table)).transpose()?.map(|arranged| arranged.rows);
        if let Some(samples) = &samples {
            let (file, given) = (compiled.provenance.calibration_digest, calibration_digest(samples));
            if file != given {
                return Err(Difference::Calibration { file, given }.into());
            }
        }
        let options = &compiled.provenance.options;
        let proto = import::prepare(source, options)?;
        let missing = coded(&compiled.features);
        let mut model = match missing.is_empty() {
            true => import::import_proto(&proto, options)?,
            false => import::import_missing(&proto, options, &missing)?,
        };
        if options.output_format.is_some() {
            model.round_outputs();
        }
        let follows = |operator: &dyn Operator| operator.with_values(&|_| Vec::new()).is_some();
        let is_shown = samples.is_some()
            || !model.layers.iter().filter_map(|layer| layer.function.operator()).any(follows);
        let has_samples = samples.is_some();
        let samples = samples.unwrap_or_default();
        model.show(&samples);
        let layers = model.layers.iter().map(|layer| layer.len());
        let inputs = model.inputs.iter().map(|input| input.len());
        if !layers.eq(compiled.graph.layers.iter().map(|layer| layer.len()))
            || !inputs.eq(compiled.graph.inputs.iter().map(|input| input.elements()))
        {
            return Err(ExplainError::Layers(compiled.provenance.compiler.clone()));
        }
        let equalized = equalize(&model, &samples, options.weights);
        Ok(FloatSource { model, equalized, is_shown, has_samples })
    }

    /// The graph with what interval arithmetic says of it.
    pub fn realized(&self, compiled: &CompiledModel) -> Result<Realized, ExplainError> {
        let intervals = bounds::of_graph(&compiled.graph).map_err(|(_, error)| error)?;
        Ok(Realized { graph: compiled.graph.clone(), intervals })
    }

    /// The scales of all rows, with the wiring of the layers.
    pub fn plan(&self, compiled: &CompiledModel) -> Result<(Profile, Plan), ExplainError> {
        let model = &self.equalized.model;
        let mut unobserved = Unobserved;
        let profile = Profile::new(model, Vec::new(), &Observer::new(&mut unobserved));
        let profile = profile.map_err(|error| match error {
            SearchError::Quantize(_) | SearchError::Cancelled(_) => {
                ExplainError::Layers(compiled.provenance.compiler.clone())
            }
        })?;
        match (certify::recovered(model, &profile, &compiled.graph)?, self.has_samples) {
            (Some(plan), _) => Ok((profile, plan)),
            (None, false) => Err(ExplainError::NeedsCalibration),
            (None, true) => Err(ExplainError::Layers(compiled.provenance.compiler.clone())),
        }
    }

    /// The numbers that the integers of an input stand for; NaN where one says that it is missing.
    pub fn grid(&self, compiled: &CompiledModel, integers: &[Vec<i64>]) -> Vec<f64> {
        let of_input = |(input, values): (&QuantInput, &Vec<i64>)| {
            let each =
                values.iter().zip(input.scales.each(&input.shape)).zip(input.missing.each(&input.shape));
            let number = |((&q, scale), may_miss): ((&i64, Option<i8>), bool)| match scale {
                _ if may_miss && q == code(input.bits) => f64::NAN,
                Some(scale) => dequantize(q, scale.into()),
                None => float32::number(q).map_or(f64::NAN, f64::from),
            };
            each.map(number).collect::<Vec<f64>>()
        };
        compiled.graph.inputs.iter().zip(integers).flat_map(of_input).collect()
    }
}
