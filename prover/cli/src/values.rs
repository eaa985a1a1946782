//! Tensors as tables.

use assay::{Content, Tensor, reals};

use crate::ui::Table;

/// Most elements of one tensor that text lists; JSON lists all.
pub const LISTED: usize = 64;

/// A table of the tensors' elements, at most [`LISTED`] of each.
pub fn table(tensors: &[Tensor]) -> String {
    let mut table = Table::new(["name", "value", "integer"]);
    for tensor in tensors {
        let Tensor { schema, names, content, .. } = tensor;
        match content {
            Content::Commitment(commitment) => {
                table.row([schema.name.clone(), "committed".into(), commitment.to_string()]);
            }
            Content::Member(claim) => {
                let parts = [
                    ("member, root", claim.root.to_string()),
                    ("member, scope", hex::encode(claim.scope)),
                    ("member, nullifier", claim.nullifier.to_string()),
                ];
                for (part, value) in parts {
                    table.row([schema.name.clone(), part.into(), value]);
                }
            }
            Content::Values(values) => {
                let meanings = values.iter().zip(reals(schema, values));
                for (at, (name, (q, meaning))) in names.iter().zip(meanings).take(LISTED).enumerate() {
                    table.row([name.clone(), self::meaning(tensor, at, meaning), q.to_string()]);
                }
                if values.len() > LISTED {
                    table.row([format!("... {} more", values.len() - LISTED), String::new(), String::new()]);
                }
            }
        }
    }
    table.render()
}

/// A value of an element: of a label with its class, of text with what it stands for; or that there is none.
pub fn meaning(tensor: &Tensor, element: usize, value: f64) -> String {
    match tensor.class(element, value) {
        Some(class) => format!("{value} ('{class}')"),
        None if value.is_nan() => "missing".into(),
        None => value.to_string(),
    }
}
