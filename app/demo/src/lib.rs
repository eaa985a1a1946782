//! The demonstration: programs at work in a Solana runtime of this process, and under attack.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`scenario`] | a program shown at work, and attacked: what it is asked, and what it found |
//! | [`page`], [`report`] | what a person sees of it |
//! | [`error`] | why one could not be played |
//! | [`feed`], [`lending`], [`market`], [`credit`] | the scenario of each program |

#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod credit;
pub mod error;
pub mod feed;
pub mod lending;
pub mod market;
pub mod page;
pub mod report;
pub mod scenario;

use self::scenario::Scenario;

/// The scenarios, each by the name of its program, in the order in which they are played.
pub const ALL: [(&str, &dyn Scenario); 4] = [
    ("feed", &feed::Demonstration),
    ("lending", &lending::Demonstration),
    ("market", &market::Demonstration),
    ("credit", &credit::Demonstration),
];

/// Programs without a scenario of their own, each with the one in which it is shown.
const PART_OF: [(&str, &str); 1] = [("verifier", "lending")];

/// The scenario in which a program is shown, with that scenario's name.
pub fn of(program: &str) -> Option<(&'static str, &'static dyn Scenario)> {
    let part_of = PART_OF.iter().find(|(part, _)| *part == program);
    let name = part_of.map_or(program, |(_, whole)| *whole);
    ALL.into_iter().find(|(other, _)| *other == name)
}
