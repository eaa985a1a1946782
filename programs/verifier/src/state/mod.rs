//! The program's accounts.

mod model;
mod receipt;

pub use model::*;
pub use receipt::*;
