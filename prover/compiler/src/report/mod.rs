//! What a compilation costs and what it loses.
//!
//! The report is for people and scripts; nothing is decided from it. Its errors are taken against the float engine, where
//! there is one, so their last digits may differ between machines; the compiled model's bytes do not.

mod bound;
mod contents;
mod cost;
mod detect;
mod error;
mod evidence;
mod histogram;
mod loss;
mod saturation;
mod text;

use crate::compiled::CompiledModel;
use crate::compute_units::ComputeUnits;
use crate::{float, registration};

pub use crate::warning::{FloatBehaviour, Warning};
pub use bound::{BandReport, BoundReport, CertifiedReport, PartsReport};
pub use contents::{
    CircuitReport, Decisions, KindReport, LayerReport, MeasuredOn, OutputReport, PartReport, ProvingTime,
    RangesReport, RelativeError, Report, TensorReport, WayReport, WeightsReport,
};
pub use error::ReportError;
pub(crate) use evidence::Evidence;
pub use histogram::{BINS, Histogram};
pub use saturation::{SaturatingLayer, SaturationReport};
pub use text::{real, real_up};

pub(crate) fn make(compiled: &CompiledModel, evidence: &Evidence<'_>) -> Result<Report, ReportError> {
    let schema = &compiled.schema;
    let columns = compiled.columns();
    let columns = columns.iter().map(|names| names.iter().map(|name| (*name).to_owned()).collect());
    let inputs = schema.inputs().iter().zip(columns).map(|(tensor, columns)| TensorReport {
        columns,
        name: tensor.name.clone(),
        shape: tensor.shape.clone(),
        bits: tensor.bits,
        scales: tensor.scales.clone(),
        visibility: match tensor.visibility {
            assay_interface::schema::Visibility::Public => "public",
            assay_interface::schema::Visibility::Committed => "committed",
            assay_interface::schema::Visibility::Member { .. } => "member",
        },
    });
    let parts = compiled.circuit.parts();
    let stats = compiled.circuit.stats();
    let losses = loss::losses(compiled, evidence)?;
    let detected = detect::warnings(compiled, evidence, &losses)?;
    let warnings = evidence.warnings.iter().cloned().chain(detected).chain(registration::warnings(schema));
    Ok(Report {
        model: schema.name().to_owned(),
        source_digest: hex(&compiled.source_digest),
        circuit_digest: hex(&compiled.circuit.digest()),
        samples: evidence.profile.given().len(),
        outside: (compiled.observed_ends() as f64 / (evidence.profile.given().len() + 1) as f64).min(1.0),
        margin: evidence.options.margin,
        made_samples: evidence.profile.made(),
        measured_samples: losses.measured,
        max_error: evidence.options.max_error,
        max_error_certified: evidence.options.max_error_certified,
        float_engine: evidence.float.and(float::ENGINE),
        inputs: inputs.collect(),
        outputs: losses.outputs,
        layers: cost::layers(compiled, evidence, &parts)?,
        circuit: CircuitReport {
            constraints: stats.constraints,
            wires: stats.instance + stats.witness,
            nonzeros: stats.nonzeros,
            domain: stats.domain,
            parts: cost::parts(&parts),
            kinds: cost::kinds(&compiled.circuit.kinds()),
        },
        compute_units: ComputeUnits::new(schema, compiled.ranges()),
        proving_memory_bytes: None,
        weights: cost::weights(compiled, evidence)?,
        ranges: cost::ranges(compiled, evidence),
        saturation: saturation::saturation(compiled, evidence)?,
        warnings: warnings.collect(),
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
