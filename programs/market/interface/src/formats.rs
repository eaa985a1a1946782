//! The resolver's formats, stated once: program, hosts, compiler options and tests take them from here.

pub use assay_feed_interface::formats::{FEATURES, Format};

/// 16:10, the output: a volatility in percent a day; 1 % is 1,024.
pub const VOLATILITY: Format = Format { bits: 16, scale: 10 };
