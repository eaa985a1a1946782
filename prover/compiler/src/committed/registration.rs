//! The registration circuit of an architecture: it proves that weights are integers of their formats, and nothing else.
//!
//! Its weight wires stand in the home rows that they have in the architecture's circuit, so that one commitment serves both keys and what
//! is proven of the weights here holds there (`assay_circuits::Weights`). Ranges are looked up: a weight of a table's width costs its home
//! row, each further digit one row more.
//!
//! The statement is a domain, which names the architecture, and the context: the address that the weights are registered for. Without it a
//! commitment could be registered anywhere by whoever sees it.

use assay_circuits::{Builder, Circuit, Ranges, statement};
use assay_interface::artifact;
use assay_interface::field::Scalar;

use crate::compiled::CompiledModel;
use crate::internal::InternalError;
use crate::lower::{LowerError, scope};
use crate::quantize::committed::wires::{WiresError, declare};

/// Separates statements of registrations from those of models.
const DOMAIN_PREFIX: &[u8] = b"assay:weights:v1\0";

/// The registration circuit of a model whose weights are committed to; `None` of another model.
///
/// # Errors
/// [`LowerError`] where it would be too large.
pub fn registration(model: &CompiledModel) -> Result<Option<Circuit>, LowerError> {
    if !model.is_committed() {
        return Ok(None);
    }
    let mut b = Builder::with_ranges(Ranges::Lookup);
    let failed = |error| LowerError::Statement(Box::new(error));
    let layers = declare(&mut b, &model.graph).map_err(|error| match error {
        WiresError::Build(error) => failed(error),
        WiresError::Missing(missing) => InternalError::from(missing).into(),
    })?;
    for (position, (layer, wires)) in model.graph.layers.iter().zip(&layers).enumerate() {
        let weights = wires.weights.iter().chain(&wires.biases);
        let prove = |b: &mut Builder| weights.clone().try_for_each(|weight| b.prove_weight(weight));
        b.scope(&scope(position, layer), prove).map_err(failed)?;
    }
    let [_, tag @ ..] = registration_domain(&model.circuit.digest()).to_be_bytes();
    b.bind_statement(statement::domain_from_bytes(&tag), &[], &[]).map_err(failed)?;
    b.finish().map(Some).map_err(failed)
}

/// The first element of the statement of a registration, for the architecture with this circuit digest: 31 bytes of a hash.
pub fn registration_domain(circuit: &[u8; 32]) -> Scalar {
    let [head @ .., _] = artifact::digest(&[DOMAIN_PREFIX, circuit].concat());
    Scalar::from_be_bytes_31(&head)
}
