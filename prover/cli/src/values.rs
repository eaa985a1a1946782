//! Statements as people read them: limbs back into integers, integers into the model's own units.
//!
//! An integer q of a tensor with scale s stands for `q * 2^-s`. Packing has one reading, so a statement decodes to
//! exactly the values that were proven; limbs that no packing gives are refused.

use anyhow::{Context, bail};
use assay_interface::field::Scalar;
use assay_interface::schema::{ModelSchema, TensorSchema, Visibility};
use assay_interface::statement::{Statement, unpack};
use serde_json::{Value, json};

use crate::ui::Table;

/// A tensor of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tensor {
    /// Its schema.
    pub schema: TensorSchema,
    /// A name for each element: the features' for inputs.
    pub names: Vec<String>,
    /// What the statement says of it.
    pub content: Content,
}

/// What a statement says of a tensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Its integers.
    Values(Vec<i64>),
    /// A commitment to them.
    Commitment(Scalar),
}

/// A statement's tensors, inputs and outputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tensors {
    /// In the order of the schema.
    pub inputs: Vec<Tensor>,
    /// In the order of the schema.
    pub outputs: Vec<Tensor>,
}

/// The tensors that `statement` shows, which must be one of the model with `schema`. The elements of all inputs are
/// called `features`.
pub fn decode(schema: &ModelSchema, features: &[&str], statement: &Statement) -> anyhow::Result<Tensors> {
    if statement.domain != schema.domain() {
        bail!("the statement is of another model than {:?}: its domain differs", schema.name());
    }
    let expected = schema.input_limbs() + schema.output_limbs();
    if statement.limbs.len() != expected {
        bail!("the statement has {} limbs, the model's have {expected}", statement.limbs.len());
    }
    let mut rest = &statement.limbs[..];
    let mut decode_one = |tensor: &TensorSchema| {
        let (limbs, tail) =
            rest.split_at_checked(tensor.statement_limbs()).context("the statement ends too early")?;
        rest = tail;
        let content = match (tensor.visibility, limbs) {
            (Visibility::Committed, [commitment]) => Content::Commitment(*commitment),
            (Visibility::Committed, _) => bail!("the statement ends inside a commitment"),
            (Visibility::Public, limbs) => Content::Values(
                unpack(limbs, tensor.elements(), tensor.bits)
                    .with_context(|| format!("tensor {:?}", tensor.name))?,
            ),
        };
        Ok(Tensor { schema: tensor.clone(), names: derived_names(tensor), content })
    };
    let mut inputs: Vec<Tensor> =
        schema.inputs().iter().map(&mut decode_one).collect::<anyhow::Result<_>>()?;
    let names = inputs.iter_mut().flat_map(|tensor| tensor.names.iter_mut());
    names.zip(features).for_each(|(name, feature)| *name = (*feature).to_owned());
    Ok(Tensors {
        inputs,
        outputs: schema.outputs().iter().map(&mut decode_one).collect::<anyhow::Result<_>>()?,
    })
}

/// The number that integer `q` stands for at `scale`.
pub fn real(q: i64, scale: i8) -> f64 {
    q as f64 * (-f64::from(scale)).exp2() // exact: q has at most 32 bits
}

/// `tensor[i]`, or the tensor's own name for a single element.
fn derived_names(tensor: &TensorSchema) -> Vec<String> {
    match tensor.elements() {
        1 => vec![tensor.name.clone()],
        count => (0..count).map(|index| format!("{}[{index}]", tensor.name)).collect(),
    }
}

/// A table of all elements, at most `limit` of each tensor.
pub fn table(tensors: &[Tensor], limit: usize) -> String {
    let mut table = Table::new(["name", "value", "integer"]);
    for Tensor { schema, names, content } in tensors {
        match content {
            Content::Commitment(commitment) => {
                table.row([schema.name.clone(), "committed".into(), commitment.to_string()]);
            }
            Content::Values(values) => {
                for (name, &q) in names.iter().zip(values).take(limit) {
                    table.row([name.clone(), real(q, schema.scale).to_string(), q.to_string()]);
                }
                if values.len() > limit {
                    table.row([format!("... {} more", values.len() - limit), String::new(), String::new()]);
                }
            }
        }
    }
    table.render()
}

/// The tensors for scripts.
pub fn to_json(tensors: &[Tensor]) -> Value {
    tensors
        .iter()
        .map(|Tensor { schema, names, content }| match content {
            Content::Values(values) => json!({
                "name": schema.name,
                "elements": names,
                "values": values.iter().map(|&q| real(q, schema.scale)).collect::<Vec<_>>(),
                "integers": values,
            }),
            Content::Commitment(commitment) => {
                json!({ "name": schema.name, "commitment": commitment.to_string() })
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_interface::statement::TensorValue;

    fn schema() -> ModelSchema {
        let tensor = |name: &str, shape: &[u32], visibility| TensorSchema {
            name: name.into(),
            shape: shape.to_vec(),
            bits: 9,
            scale: 3,
            visibility,
        };
        ModelSchema::new(
            "m".into(),
            vec![tensor("x", &[1, 40], Visibility::Public), tensor("y", &[2], Visibility::Committed)],
            vec![tensor("z", &[1], Visibility::Public)],
        )
        .unwrap()
    }

    fn statement() -> Statement {
        let x: Vec<i64> = (-20..20).collect();
        let inputs = [TensorValue::Values(&x), TensorValue::Commitment(Scalar::from(77u64))];
        Statement::new(&schema(), [1; 32], &inputs, &[&[-3]]).unwrap()
    }

    #[test]
    fn decoding_gives_back_what_was_stated() {
        let tensors = decode(&schema(), &["first"], &statement()).unwrap();
        assert_eq!(tensors.inputs[0].content, Content::Values((-20..20).collect()));
        assert_eq!(tensors.inputs[0].names[..2], ["first", "x[1]"]);
        assert_eq!(tensors.inputs[1].content, Content::Commitment(Scalar::from(77u64)));
        assert_eq!(tensors.outputs[0].content, Content::Values(vec![-3]));
        let json = to_json(&tensors.outputs);
        assert_eq!(json[0]["values"][0], -0.375);
    }

    #[test]
    fn foreign_and_malformed_statements_are_refused() {
        let refused = |change: &dyn Fn(&mut Statement)| {
            let mut statement = statement();
            change(&mut statement);
            format!("{:#}", decode(&schema(), &[], &statement).unwrap_err())
        };
        assert!(refused(&|s| s.domain = Scalar::from(1u64)).contains("another model"));
        assert!(refused(&|s| s.limbs.truncate(2)).contains("limbs"));
        assert!(refused(&|s| s.limbs[3] = Scalar::from(512u64)).contains("\"z\""));
    }

    #[test]
    fn real_values() {
        assert_eq!(real(-3, 3), -0.375);
        assert_eq!(real(5, -2), 20.0);
        assert_eq!(real(i64::from(i32::MIN), 31), -1.0);
    }
}
