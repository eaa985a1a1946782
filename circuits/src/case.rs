//! A case: a gadget or layer as audits, ledger and tests see it.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::error::BuildError;

/// Applies a gadget to some inputs; what it returns is what it proves something about.
pub type Build = fn(&mut Builder, &[Bounded]) -> Result<Vec<Bounded>, BuildError>;

/// A gadget over inputs of its own: a circuit, built either way to prove ranges.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// What the ledger calls it.
    pub name: &'static str,
    /// Number of inputs.
    pub inputs: usize,
    /// Bits of each, signed.
    pub bits: u8,
    /// The inputs that have a witness, where the gadget asserts something of them; else all.
    pub domain: Option<(i64, i64)>,
    /// The gadget.
    pub build: Build,
}

impl Case {
    /// A gadget that has a witness for all inputs.
    pub(crate) const fn new(name: &'static str, inputs: usize, bits: u8, build: Build) -> Self {
        Self { name, inputs, bits, domain: None, build }
    }

    /// The same, where only inputs of `[lo, hi]` have a witness.
    pub(crate) const fn within(self, lo: i64, hi: i64) -> Self {
        Self { domain: Some((lo, hi)), ..self }
    }
}

/// A module of gadgets or layers, and its cases.
#[derive(Clone, Copy, Debug)]
pub struct Module {
    /// Its name.
    pub name: &'static str,
    /// At least one.
    pub cases: &'static [Case],
}

/// Whether the modules that a source file declares as `pub mod` are exactly these, in this order, each with a case.
pub(crate) const fn are_declared(source: &str, modules: &[Module]) -> bool {
    let (source, mut at, mut found) = (source.as_bytes(), 0, 0);
    while at < source.len() {
        if starts_with(source, at, b"pub mod ") {
            if found == modules.len() || modules[found].cases.is_empty() {
                return false;
            }
            let (name, from) = (modules[found].name.as_bytes(), at + b"pub mod ".len());
            if !starts_with(source, from, name) || !starts_with(source, from + name.len(), b";") {
                return false;
            }
            found += 1;
        }
        while at < source.len() && source[at] != b'\n' {
            at += 1;
        }
        at += 1;
    }
    found == modules.len()
}

const fn starts_with(source: &[u8], from: usize, prefix: &[u8]) -> bool {
    let mut i = 0;
    while i < prefix.len() {
        if from + i >= source.len() || source[from + i] != prefix[i] {
            return false;
        }
        i += 1;
    }
    true
}

/// The modules of the file that calls this, each with its `CASES`. A `pub mod` that is not on the list, in the same
/// order, does not compile.
macro_rules! modules {
    ($($module:ident),* $(,)?) => {{
        const MODULES: &[$crate::case::Module] = &[
            $($crate::case::Module { name: stringify!($module), cases: $module::CASES }),*
        ];
        const _: () = assert!(
            $crate::case::are_declared(include_str!("mod.rs"), MODULES),
            "the list of modules must name every `pub mod` of this file, in its order, each with a case"
        );
        MODULES
    }};
}
pub(crate) use modules;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_declared_and_not_listed_is_found() {
        const CASES: &[Case] = &[Case::new("none", 1, 1, |_, x| Ok(x.to_vec()))];
        let list = |names: &[&'static str]| -> Vec<Module> {
            names.iter().map(|&name| Module { name, cases: CASES }).collect()
        };
        let source = "//! pub mod no;\npub mod bits;\nmod private;\npub mod range;\n";
        assert!(are_declared(source, &list(&["bits", "range"])));
        for wrong in [&["bits"][..], &[], &["range", "bits"], &["bits", "range", "more"], &["bits", "rang"]] {
            assert!(!are_declared(source, &list(wrong)), "{wrong:?}");
        }
        let empty = [Module { name: "bits", cases: &[] }, Module { name: "range", cases: CASES }];
        assert!(!are_declared(source, &empty));
    }
}
