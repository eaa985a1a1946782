//! Names in messages, and what follows from how many there are.

/// What to do where a statement has no room for the inputs.
pub(super) fn fewer_inputs(wide: &[String], apart: &[String]) -> String {
    let wide = (!wide.is_empty()).then(|| {
        let names = names(wide);
        format!("inputs of several values a row are not joined ({names}): export the model with one tensor in place of several")
    });
    let apart = (!apart.is_empty()).then(|| {
        let names = names(apart);
        format!("each that is hidden takes one ({names}): hide the tensor that columns are joined to (--commit numbers)")
    });
    match wide.into_iter().chain(apart).collect::<Vec<_>>().join("; ") {
        ways if ways.is_empty() => "export the model with its columns in fewer tensors".to_owned(),
        ways => ways,
    }
}

pub(super) fn or_none(names: &[String]) -> String {
    if names.is_empty() { "none".into() } else { names.join(", ") }
}

/// The first names, and how many more.
pub(super) fn names(names: &[String]) -> String {
    if names.is_empty() { "none".into() } else { crate::warning::names(names) }
}
