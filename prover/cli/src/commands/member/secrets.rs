//! Secrets and salts of members: a JSON object with one field.

use std::path::Path;

use anyhow::Context;
use assay::{Scalar, draw_scalar, parse_scalar};
use serde_json::{Value, json};

use crate::failure::HintExt;
use crate::files::{self, Claims, Force, Product};

/// Most bytes of such a file.
const LIMIT: u64 = 1 << 12;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The holder's.
    Secret,
    /// The issuer's, of one leaf.
    Salt,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Secret => "secret",
            Kind::Salt => "salt",
        }
    }

    /// The element in a file.
    pub fn read(self, path: &Path) -> anyhow::Result<Scalar> {
        let bytes = files::read(path, self.name(), LIMIT)?;
        let value: Option<Value> = serde_json::from_slice(&bytes).ok();
        let text = value.as_ref().and_then(|value| value.get(self.name())).and_then(Value::as_str);
        text.and_then(parse_scalar)
            .with_context(|| format!("{} holds no {}", path.display(), self.name()))
            .hint(|| match self {
                Kind::Secret => "`assay member key --save-secret` writes it",
                Kind::Salt => "`assay member leaf --save-salt` writes it",
            })
    }

    /// Draws an element and writes it to a file that only its owner can read. A file that exists is not replaced without
    /// force: what it holds cannot be drawn again.
    pub fn draw(self, path: &Path, inputs: &[&Path], force: Force) -> anyhow::Result<Scalar> {
        let scalar = draw_scalar(&mut assay::system_rng()?);
        let output = Claims::reading(inputs.iter().copied()).output(path, Product::Secret, force)?;
        files::commit(vec![(output, format!("{:#}\n", json!({ self.name(): scalar.to_string() })))])?;
        Ok(scalar)
    }
}
