//! The program's accounts.
//!
//! | account | address | one for each |
//! | --- | --- | --- |
//! | [`Question`] | `["question", creator, nonce]` | question of a creator |
//! | [`Observation`] | `["observation", question]` | question |

mod observation;
mod question;
mod terms;

pub use observation::Observation;
pub use question::{Choice, Place, Question, Stakes, Status};
pub use terms::{LATE_CLOSE, LEAST_STAKE, MAX_OUTCOMES, Row, TRUSTS_AUTHORITY, Terms, WHOLE};

/// Version of the layouts in this module. Code that changes one raises it, and still reads the old one.
pub const VERSION: u8 = 1;
