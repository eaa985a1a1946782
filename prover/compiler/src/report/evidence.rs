//! What a report is made from.

use crate::float::FloatModel;
use crate::model::Model;
use crate::options::Options;
use crate::progress::Cancelled;
use crate::quantize::candidate::Found;
use crate::quantize::certify::Certified;
use crate::quantize::certify::found::Found as Searched;
use crate::quantize::moved::Moved;
use crate::quantize::profile::Profile;
use crate::warning::Warning;

/// What a report is made from.
pub(crate) struct Evidence<'a> {
    pub model: &'a Model,
    pub profile: &'a Profile,
    /// What equalization made of each result of each layer.
    pub results: &'a [Vec<Moved>],
    pub found: &'a Found,
    /// The certificates of outputs.
    pub certified: &'a Certified,
    /// What a search of the domain found.
    pub searched: &'a Searched,
    /// `None` where no independent engine ran the model.
    pub float: Option<&'a FloatModel>,
    /// Where weights are committed to, the constraints with fixed ones.
    pub fixed: Option<usize>,
    pub options: &'a Options,
    /// Hears at which row of how many it is.
    pub step: &'a dyn Fn(usize, usize) -> Result<(), Cancelled>,
    /// What was taken for granted on the way.
    pub warnings: Vec<Warning>,
}
