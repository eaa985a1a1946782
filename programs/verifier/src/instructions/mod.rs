//! The instructions, one a file: arguments, accounts, `validate`, handler.

pub mod accept_authority;
pub mod activate;
pub mod apply_guardian;
pub mod cancel_guardian;
pub mod manage;
pub mod propose_authority;
pub mod propose_guardian;
pub mod record;
pub mod register;
pub mod renounce_authority;
pub mod resume;
pub mod retire;
pub mod suspend;
pub mod verify;

pub use accept_authority::AcceptAuthority;
pub use manage::Manage;
pub use record::Record;
pub use register::{Register, RegisterArgs};
pub use suspend::Suspend;
pub use verify::Verify;

pub(crate) use accept_authority::*;
pub(crate) use manage::*;
pub(crate) use record::*;
pub(crate) use register::*;
pub(crate) use suspend::*;
pub(crate) use verify::*;
