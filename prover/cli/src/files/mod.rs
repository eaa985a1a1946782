//! Files: bounded reads, and writes that happen whole or not at all and take no other file's place.
//!
//! A command names what it reads ([`Claims::reading`]) and then claims its outputs. An output never replaces an input
//! of the command or another output of it, under any name. What stands at its destination gives way only where this
//! command would make the same thing again ([`Product`]), or under `--force`. `-` is standard input and output.
//!
//! An output is first a temporary file beside its destination, made before the long work starts, so that a directory
//! that cannot be written to is found at once. [`commit`] fills every temporary, forces it to the disk, and only then
//! renames: a full disk, an interruption or an error on the way leaves no new file and every old one as it was. A
//! group of outputs (a key pair) is renamed under the lock of [`crate::interrupt`], and rolled back together.
//! What remains is a power cut between two renames; the artifacts' digests then tell the two files apart.

mod claims;
mod output;
mod paths;
mod product;
mod read;
mod replace;
mod temporary;

pub use claims::Claims;
pub use output::{Output, commit};
pub use paths::is_standard;
pub use product::{Force, Product, REPORT, identify};
pub use read::{check, read};
