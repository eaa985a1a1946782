//! The program's accounts.

mod attestors;
mod batch;
mod buffer;
mod life;
mod model;
mod receipt;
mod series;
mod statement;
mod waits;

pub use assay_interface::verifier::Status;
pub use attestors::*;
pub use buffer::*;
pub use model::*;
pub use receipt::*;
pub use series::*;
pub use waits::*;
