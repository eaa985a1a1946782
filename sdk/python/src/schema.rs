//! A model's tensors as JSON, for the Python half.

use assay::{Feature, Model};
use assay_compiler::model::{Absent, Kind, Unknown};
use assay_interface::{
    scales::Scales,
    schema::{TensorSchema, Visibility},
};
use serde_json::{Map, Value, json};

/// `{inputs, outputs}`, each a list of tensors.
pub fn to_json(model: &Model) -> Value {
    let mut features = model.features().iter();
    let inputs: Vec<Value> = model
        .schema()
        .inputs()
        .iter()
        .map(|schema| {
            let own: Vec<Value> = features.by_ref().take(schema.elements()).map(feature).collect();
            with(tensor(schema), "features", own.into())
        })
        .collect();
    let outputs = model.schema().outputs().iter().enumerate().map(|(at, schema)| {
        let classes = model.classes().get(at).and_then(Option::as_ref);
        with(tensor(schema), "classes", json!(classes.map(|classes| classes.names())))
    });
    json!({ "inputs": inputs, "outputs": outputs.collect::<Vec<_>>() })
}

fn with(mut object: Map<String, Value>, key: &str, value: Value) -> Value {
    object.insert(key.into(), value);
    object.into()
}

fn tensor(schema: &TensorSchema) -> Map<String, Value> {
    let visibility = match schema.visibility {
        Visibility::Public => "public",
        Visibility::Committed => "committed",
        Visibility::Member { .. } => "member",
    };
    let scale = match &schema.scales {
        Scales::One(scale) => json!(scale),
        Scales::Axis { axis, scales } => json!({ "axis": axis, "scales": scales }),
        Scales::Float32 => json!("float32"),
    };
    let fields = [
        ("name", json!(schema.name)),
        ("shape", json!(schema.shape)),
        ("bits", json!(schema.bits)),
        ("scale", scale),
        ("visibility", json!(visibility)),
    ];
    fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn feature(feature: &Feature) -> Value {
    let kind = match (&feature.categories, feature.kind) {
        (Some(_), _) => "category",
        (None, Kind::Real) => "real",
        (None, Kind::Integer) => "integer",
        (None, Kind::Bool) => "bool",
    };
    let categories = feature.categories.as_ref();
    json!({
        "name": feature.name,
        // An infinite end has no number in JSON.
        "min": feature.min,
        "max": feature.max,
        "kind": kind,
        "categories": categories.map(|categories| &categories.names),
        "takes_unknown": categories.is_some_and(|categories| categories.unknown == Unknown::Taken),
        "missing": feature.missing.map(|missing| match missing {
            Absent::StandsFor(number) => json!(number),
            Absent::Coded => json!("coded"),
        }),
    })
}
