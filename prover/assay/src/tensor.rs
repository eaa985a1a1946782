//! Tensors as people and scripts read them: integers, the numbers they stand for, and a name for each element.
//!
//! An integer q of an element with scale s stands for `q * 2^-s`, and of one without a scale for the float32 number with that order key.
//! Packing has one reading, so a statement decodes to exactly the values that were proven; limbs that no packing gives, and integers that
//! stand for nothing, are refused.

use assay_compiler::{Feature, model::ClassNames};
use assay_interface::{
    field::Scalar,
    member::{Claim, MemberError},
    schema::{ModelSchema, TensorSchema, Visibility},
    statement::{Statement, StatementError, TensorValue, unpack},
};
use serde::{Serialize, Serializer, ser::SerializeMap};
use thiserror::Error;

use crate::hex;
use crate::number::{Number, no_number, reals, shown};

/// A tensor of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tensor {
    /// Its schema.
    pub schema: TensorSchema,
    /// A name for each element: the features' for inputs.
    pub names: Vec<String>,
    /// Names of its values 0, 1, 2, ..., if they are classes: they are the model file's, and no part of a statement.
    pub classes: Vec<String>,
    /// The same of each element, if some are texts: what its values stand for; none for those that are numbers.
    pub categories: Vec<Vec<String>>,
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
    /// They are in a leaf of a tree: its root, a scope, the owner's nullifier for it.
    Member(Claim),
}

/// A statement's tensors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tensors {
    /// The inputs, in the order of the schema.
    pub inputs: Vec<Tensor>,
    /// The outputs, in the order of the schema.
    pub outputs: Vec<Tensor>,
}

/// Why a statement is none of a model's.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// Another domain tag.
    #[error("the statement is of another model than {model:?}: its domain differs")]
    Domain {
        /// Name of the model that was to decode it.
        model: String,
    },
    /// Another number of limbs.
    #[error("the statement has {found} limbs, the model's have {expected}")]
    LimbCount {
        /// Limbs of the model's statements.
        expected: usize,
        /// Limbs found.
        found: usize,
    },
    /// Limbs that are no claim of membership.
    #[error("tensor {tensor:?}: {error}")]
    Member {
        /// Name of the tensor.
        tensor: String,
        /// What is wrong with its limbs.
        error: MemberError,
    },
    /// An integer that stands for no number, where numbers are float32.
    #[error("{element} is the integer {integer}, which stands for no float32 number")]
    NoNumber {
        /// Name of the element.
        element: String,
        /// The integer.
        integer: i64,
    },
    /// Limbs that no values give.
    #[error("tensor {tensor:?}: {error}")]
    Tensor {
        /// Name of the tensor.
        tensor: String,
        /// What is wrong with its limbs.
        error: StatementError,
    },
}

/// Where a statement's input is not the one that was given.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum InputDifference {
    /// The commitment to a tensor.
    #[error("the commitment to {0} differs")]
    Commitment(String),
    /// Root, scope or nullifier of a member.
    #[error("the {part} of {tensor} differs")]
    Member {
        /// Name of the tensor.
        tensor: String,
        /// `root`, `scope` or `nullifier`.
        part: &'static str,
    },
    /// An element.
    #[error(
        "{element} is {} (integer {stated}) there, {} (integer {given}) in the input given",
        shown(*.stated, *.scale, *.code), shown(*.given, *.scale, *.code)
    )]
    Element {
        /// Its name.
        element: String,
        /// Its scale, unless it is a float32 number.
        scale: Option<i8>,
        /// The integer that says that it is missing, if it may be.
        code: Option<i64>,
        /// What the statement says.
        stated: i64,
        /// What was given.
        given: i64,
    },
    /// The number of elements.
    #[error("{0} has another number of elements")]
    Elements(String),
}

impl Content {
    pub(crate) fn as_value(&self) -> TensorValue<'_> {
        match self {
            Content::Values(values) => TensorValue::Values(values),
            Content::Commitment(commitment) => TensorValue::Commitment(*commitment),
            Content::Member(claim) => TensorValue::Member(*claim),
        }
    }
}

impl Tensor {
    /// The integers, unless they are hidden.
    pub fn integers(&self) -> Option<&[i64]> {
        match &self.content {
            Content::Values(values) => Some(values),
            Content::Commitment(_) | Content::Member(_) => None,
        }
    }

    /// The numbers in the model's own units, NaN of what is missing, unless they are hidden.
    pub fn values(&self) -> Option<Vec<f64>> {
        Some(reals(&self.schema, self.integers()?))
    }

    /// The name of the class that a value of an element is, or the text that it stands for, if it is one.
    pub fn class(&self, element: usize, value: f64) -> Option<&str> {
        if value < 0.0 || value.fract() != 0.0 {
            return None;
        }
        let names = self.categories.get(element).unwrap_or(&self.classes);
        names.get(value as usize).map(String::as_str)
    }

    /// A tensor whose elements have the names that follow from its own.
    pub(crate) fn unnamed(schema: &TensorSchema, content: Content) -> Tensor {
        let (names, classes, categories) = (derived_names(schema), Vec::new(), Vec::new());
        Tensor { schema: schema.clone(), names, classes, categories, content }
    }

    /// The first difference from what was given for the tensor.
    pub(crate) fn difference(&self, given: &Content) -> Option<InputDifference> {
        let tensor = || self.schema.name.clone();
        match (&self.content, given) {
            (stated, given) if stated == given => None,
            (Content::Values(stated), Content::Values(given)) => {
                let named = self.names.iter().zip(self.schema.each_scale());
                let mut elements = named.zip(stated.iter().zip(given)).enumerate();
                let differs = elements.find(|(_, (_, (stated, given)))| stated != given);
                let code = |element| {
                    let schema = &self.schema;
                    schema.missing.allows(element, &schema.shape).then(|| schema.missing_code())
                };
                Some(differs.map_or_else(
                    || InputDifference::Elements(tensor()),
                    |(position, ((element, scale), (&stated, &given)))| InputDifference::Element {
                        element: element.clone(),
                        scale,
                        code: code(position),
                        stated,
                        given,
                    },
                ))
            }
            (Content::Member(stated), Content::Member(given)) => {
                let parts = [
                    ("scope", stated.scope == given.scope),
                    ("nullifier", stated.nullifier == given.nullifier),
                    ("root", stated.root == given.root),
                ];
                let (part, _) = parts.into_iter().find(|(_, same)| !same)?;
                Some(InputDifference::Member { tensor: tensor(), part })
            }
            _ => Some(InputDifference::Commitment(tensor())),
        }
    }
}

impl Serialize for Tensor {
    /// `{name, elements, values, integers}`, of labels with `classes`, the name of each value's class, of texts with `categories`,
    /// what each value stands for; or `{name, commitment}`, or `{name, root, scope, nullifier}`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &self.schema.name)?;
        match &self.content {
            Content::Values(integers) => {
                map.serialize_entry("elements", &self.names)?;
                let values = reals(&self.schema, integers).into_iter().map(Number);
                map.serialize_entry("values", &values.collect::<Vec<_>>())?;
                map.serialize_entry("integers", integers)?;
                let key = if self.categories.is_empty() { "classes" } else { "categories" };
                if !(self.classes.is_empty() && self.categories.is_empty()) {
                    let values = reals(&self.schema, integers).into_iter().enumerate();
                    let names: Vec<_> = values.map(|(at, value)| self.class(at, value)).collect();
                    map.serialize_entry(key, &names)?;
                }
            }
            Content::Commitment(commitment) => map.serialize_entry("commitment", &commitment.to_string())?,
            Content::Member(claim) => {
                map.serialize_entry("root", &claim.root.to_string())?;
                map.serialize_entry("scope", &hex::encode(&claim.scope))?;
                map.serialize_entry("nullifier", &claim.nullifier.to_string())?;
            }
        }
        map.end()
    }
}

/// The tensors that `statement` shows. The elements of all inputs are called `features`, as far as these go.
pub(crate) fn decode<'f>(
    schema: &ModelSchema,
    features: impl Iterator<Item = &'f str>,
    classes: &[Option<ClassNames>],
    statement: &Statement,
) -> Result<Tensors, DecodeError> {
    if statement.domain != schema.domain() {
        return Err(DecodeError::Domain { model: schema.name().into() });
    }
    let (expected, found) = (schema.input_limbs() + schema.output_limbs(), statement.limbs.len());
    let miscounted = DecodeError::LimbCount { expected, found };
    if found != expected {
        return Err(miscounted);
    }
    let mut rest = &statement.limbs[..];
    let mut decode_one = |tensor: &TensorSchema| {
        let (limbs, tail) =
            rest.split_at_checked(tensor.statement_limbs()).ok_or_else(|| miscounted.clone())?;
        rest = tail;
        let content = match (tensor.visibility, limbs) {
            (Visibility::Committed, [commitment]) => Content::Commitment(*commitment),
            (Visibility::Committed, _) => return Err(miscounted.clone()),
            (Visibility::Member { .. }, limbs) => {
                let limbs = limbs.try_into().map_err(|_| miscounted.clone())?;
                let refused = |error| DecodeError::Member { tensor: tensor.name.clone(), error };
                Content::Member(Claim::from_limbs(limbs).map_err(refused)?)
            }
            (Visibility::Public, limbs) => {
                Content::Values(unpack(limbs, tensor.elements(), tensor.bits).map_err(|error| {
                    DecodeError::Tensor { tensor: tensor.name.clone(), error: error.into() }
                })?)
            }
        };
        Ok(Tensor::unnamed(tensor, content))
    };
    let inputs = schema.inputs().iter().map(&mut decode_one).collect::<Result<Vec<_>, _>>()?;
    let outputs = schema.outputs().iter().map(&mut decode_one).collect::<Result<Vec<_>, _>>()?;
    let mut tensors = Tensors { inputs, outputs };
    name_elements(&mut tensors.inputs, features);
    name_classes(&mut tensors.outputs, classes);
    let wrong = tensors.inputs.iter().find_map(|tensor| {
        let integers = tensor.integers()?;
        let at = no_number(&tensor.schema, integers)?;
        Some((tensor.names.get(at)?.clone(), *integers.get(at)?))
    });
    match wrong {
        Some((element, integer)) => Err(DecodeError::NoNumber { element, integer }),
        None => Ok(tensors),
    }
}

/// Names the values of labels, and the elements of what has one for each class: `tensor[class]`.
pub(crate) fn name_classes(outputs: &mut [Tensor], classes: &[Option<ClassNames>]) {
    for (tensor, classes) in outputs.iter_mut().zip(classes) {
        match classes {
            None => {}
            Some(ClassNames::Values(names)) => tensor.classes.clone_from(names),
            Some(ClassNames::Elements(names)) => {
                let named = |name| format!("{}[{name}]", tensor.schema.name);
                tensor.names = names.iter().map(named).collect();
            }
        }
    }
}

/// Names the values of elements that are text.
pub(crate) fn name_categories(inputs: &mut [Tensor], features: &[Feature]) {
    let mut rest = features;
    for tensor in inputs {
        let (of_tensor, others) = rest.split_at_checked(tensor.schema.elements()).unwrap_or_default();
        rest = others;
        if of_tensor.iter().any(|feature| feature.categories.is_some()) {
            let names = |feature: &Feature| Some(feature.categories.as_ref()?.names.clone());
            tensor.categories = of_tensor.iter().map(|feature| names(feature).unwrap_or_default()).collect();
        }
    }
}

/// Gives the elements of all tensors these names, as far as they go.
pub(crate) fn name_elements<'f>(tensors: &mut [Tensor], names: impl Iterator<Item = &'f str>) {
    let elements = tensors.iter_mut().flat_map(|tensor| tensor.names.iter_mut());
    elements.zip(names).for_each(|(element, name)| *element = name.to_owned());
}

/// `tensor[i]`, or the tensor's own name for a single element.
pub(crate) fn derived_names(tensor: &TensorSchema) -> Vec<String> {
    match tensor.elements() {
        1 => vec![tensor.name.clone()],
        count => (0..count).map(|index| format!("{}[{index}]", tensor.name)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_interface::float32;
    use assay_interface::scales::Scales;

    fn schema() -> ModelSchema {
        let tensor = |name: &str, shape: &[u32], visibility| TensorSchema {
            name: name.into(),
            shape: shape.to_vec(),
            bits: 9,
            scales: 3.into(),
            missing: Default::default(),
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
        let tensors = decode(&schema(), ["first"].into_iter(), &[], &statement()).unwrap();
        assert_eq!(tensors.inputs[0].content, Content::Values((-20..20).collect()));
        assert_eq!(tensors.inputs[0].names[..2], ["first", "x[1]"]);
        assert_eq!(tensors.inputs[1].content, Content::Commitment(Scalar::from(77u64)));
        assert_eq!(tensors.outputs[0].integers(), Some(&[-3][..]));
        let json = serde_json::to_value(&tensors).unwrap();
        assert_eq!(
            json["outputs"][0],
            serde_json::json!({
                "name": "z", "elements": ["z"], "values": [-0.375], "integers": [-3]
            })
        );
        assert_eq!(json["inputs"][1]["commitment"], format!("0x{:064x}", 77));
    }

    #[test]
    fn foreign_and_malformed_statements_are_refused() {
        let refused = |change: &dyn Fn(&mut Statement)| {
            let mut statement = statement();
            change(&mut statement);
            decode(&schema(), [].into_iter(), &[], &statement).unwrap_err()
        };
        assert_eq!(refused(&|s| s.domain = Scalar::from(1u64)), DecodeError::Domain { model: "m".into() });
        assert_eq!(refused(&|s| s.limbs.truncate(2)), DecodeError::LimbCount { expected: 4, found: 2 });
        let padded = refused(&|s| s.limbs[3] = Scalar::from(512u64));
        assert!(matches!(padded, DecodeError::Tensor { tensor, .. } if tensor == "z"));
    }

    /// Features of different size in one tensor: each integer by the scale of its element.
    #[test]
    fn elements_along_an_axis_have_their_own_scales() {
        let scales = Scales::Axis { axis: 1, scales: vec![3, -2, 0] };
        let schema = TensorSchema {
            name: "x".into(),
            shape: vec![2, 3],
            bits: 9,
            scales,
            missing: Default::default(),
            visibility: Visibility::Public,
        };
        let of = |integers: &[i64]| Tensor::unnamed(&schema, Content::Values(integers.to_vec()));
        let stated = of(&[-3, 5, 7, 8, -1, 100]);
        assert_eq!(stated.values(), Some(vec![-0.375, 20.0, 7.0, 1.0, -4.0, 100.0]));
        let differs = stated.difference(&of(&[-3, 5, 7, 8, 2, 100]).content).unwrap();
        assert_eq!(differs.to_string(), "x[4] is -4 (integer -1) there, 8 (integer 2) in the input given");
    }

    /// What the JSON of a tensor says, read again, is the integers and their values to the last bit.
    #[test]
    fn decimals_are_read_as_they_were_written() {
        let integers = vec![i32::MIN.into(), i32::MAX.into(), -1, 0, 1, 715_827_883, -1_431_655_765];
        for scale in [-20, -1, 0, 1, 7, 31, 52] {
            let schema = TensorSchema {
                name: "x".into(),
                shape: vec![integers.len() as u32],
                bits: 32,
                scales: Scales::One(scale),
                missing: Default::default(),
                visibility: Visibility::Public,
            };
            let tensor = Tensor::unnamed(&schema, Content::Values(integers.clone()));
            let json: serde_json::Value =
                serde_json::from_str(&serde_json::to_string(&tensor).unwrap()).unwrap();
            let values: Vec<f64> = serde_json::from_value(json["values"].clone()).unwrap();
            let back: Vec<i64> = serde_json::from_value(json["integers"].clone()).unwrap();
            assert_eq!(back, integers);
            let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&values), bits(&tensor.values().unwrap()), "2^-{scale}");
            let exact = |&value: &f64| value * 2f64.powi(scale.into());
            assert_eq!(
                values.iter().map(exact).collect::<Vec<_>>(),
                integers.iter().map(|&q| q as f64).collect::<Vec<_>>()
            );
        }
    }

    /// Float32 numbers by their order keys: to the last bit, infinities, and nothing for integers that are no number's.
    #[test]
    fn keys_stand_for_float32_numbers() {
        let numbers = [0.1f32, -0.1, 0.0, 1e-45, f32::MAX, f32::INFINITY, f32::NEG_INFINITY];
        let schema = |missing| TensorSchema {
            name: "x".into(),
            shape: vec![1, 8],
            bits: 32,
            scales: Scales::Float32,
            missing,
            visibility: Visibility::Public,
        };
        let least = i64::from(i32::MIN);
        let integers: Vec<i64> = numbers.iter().map(|&x| float32::key(x).unwrap()).chain([least]).collect();
        let may_miss = schema(assay_interface::missing::Missing::Anywhere);
        let values = reals(&may_miss, &integers);
        assert_eq!(values[..7], numbers.map(f64::from));
        assert!(values[7].is_nan());
        let stated = Tensor::unnamed(&may_miss, Content::Values(integers.clone()));
        let json = serde_json::to_value(&stated).unwrap();
        assert_eq!(json["values"][0], serde_json::json!(f64::from(0.1f32)));
        let last = &json["values"].as_array().unwrap()[5..];
        assert_eq!(last, serde_json::json!(["Infinity", "-Infinity", null]).as_array().unwrap());
        let mut other = integers.clone();
        (other[0], other[7]) = (integers[1], float32::KEY_OF_INFINITY + 1);
        let differs = stated.difference(&Content::Values(other.clone())).unwrap().to_string();
        let [plus, minus] = [f64::from(0.1f32), f64::from(-0.1f32)];
        let (of_plus, of_minus) = (integers[0], integers[1]);
        assert_eq!(
            differs,
            format!(
                "x[0] is {plus} (integer {of_plus}) there, {minus} (integer {of_minus}) in the input given"
            )
        );
        // The code is a number's of no element that is never missing.
        let never = schema(Default::default());
        assert_eq!((no_number(&may_miss, &integers), no_number(&never, &integers)), (None, Some(7)));
        let output = TensorSchema { shape: vec![1], bits: 9, scales: 0.into(), ..never.clone() };
        for (input, integers, wrong) in [
            (may_miss, &integers, None),
            (never, &integers, Some(least)),
            (schema(Default::default()), &other, Some(other[7])),
        ] {
            let output = TensorSchema { name: "z".into(), ..output.clone() };
            let schema = ModelSchema::new("m".into(), vec![input], vec![output]).unwrap();
            let statement =
                Statement::new(&schema, [1; 32], &[TensorValue::Values(integers)], &[&[3]]).unwrap();
            let decoded = decode(&schema, ["a"].into_iter(), &[], &statement);
            match wrong {
                None => assert!(decoded.is_ok()),
                Some(integer) => {
                    assert_eq!(decoded, Err(DecodeError::NoNumber { element: "x[7]".into(), integer }));
                }
            }
        }
    }
}
