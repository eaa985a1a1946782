//! What makes a model's features compared as they are: found by importing it so.

use crate::crossings::Remedy;
use crate::import::{self, ImportError, Refusal};
use crate::onnx::ModelProto;
use crate::options::{ExactFloats, Options};

/// What a model of which these elements may be missing allows. Fixed formats are the caller's business.
pub(crate) fn remedy(proto: &ModelProto, options: &Options, missing: &[(u32, String)]) -> Option<Remedy> {
    let exact = Options { exact_floats: ExactFloats::All, ..options.clone() };
    if options.exact_floats != ExactFloats::None || exact.check().is_err() {
        return None;
    }
    let refusals = match import::import_missing(proto, &exact, missing) {
        Ok(_) => return Some(Remedy::Option),
        Err(ImportError::Refused(refusals)) => refusals,
        Err(_) => return None,
    };
    let is_type = |refusal: &Refusal| matches!(refusal, Refusal::ExactType { .. });
    let is_operand = |refusal: &Refusal| matches!(refusal, Refusal::ExactOperand { .. });
    match refusals.as_slice() {
        all if all.iter().all(is_type) => Some(Remedy::SinglePrecision),
        all if all.iter().all(|refusal| is_type(refusal) || is_operand(refusal)) => Some(Remedy::OwnInputs),
        _ => None,
    }
}
