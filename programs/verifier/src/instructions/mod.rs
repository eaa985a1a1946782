//! The instructions, one a file: arguments, accounts, `validate`, handler.

pub mod accept_authority;
pub mod activate;
pub mod manage;
pub mod propose_authority;
pub mod record;
pub mod register;
pub mod resume;
pub mod retire;
pub mod suspend;
pub mod verify;

pub use accept_authority::AcceptAuthority;
pub use manage::Manage;
pub use record::Record;
pub use register::{Register, RegisterArgs};
pub use verify::Verify;

pub(crate) use accept_authority::*;
pub(crate) use manage::*;
pub(crate) use record::*;
pub(crate) use register::*;
pub(crate) use verify::*;
