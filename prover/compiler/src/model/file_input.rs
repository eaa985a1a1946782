//! The inputs of an ONNX file, and where their elements lie in the model's.
//!
//! An input of the file is one of the model, or a column of one that several were joined to: element `i` of the file's is then element
//! `first + i * step` of all the model's inputs together, `step` being the columns.

use assay_interface::schema::MAX_RANK;

use super::Input;

/// An input as the file declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileInput {
    /// Name in the file.
    pub name: String,
    /// Shape, a free batch dimension being 1.
    pub shape: Vec<usize>,
    /// Position of its first element among the elements of all inputs of the model.
    pub first: usize,
    /// From each of its elements to the next.
    pub step: usize,
}

impl FileInput {
    /// The inputs of a file of which none were joined.
    pub fn of_inputs<'a>(inputs: impl IntoIterator<Item = &'a Input>) -> Vec<FileInput> {
        let inputs = inputs.into_iter().map(|input| (input.name.as_str(), input.shape.clone()));
        FileInput::in_order(inputs)
    }

    /// Inputs whose elements follow each other.
    pub(crate) fn in_order<'a>(inputs: impl IntoIterator<Item = (&'a str, Vec<usize>)>) -> Vec<FileInput> {
        let mut first = 0;
        let input = |(name, shape): (&str, Vec<usize>)| {
            let input = FileInput { name: name.to_owned(), shape, first, step: 1 };
            first += input.len();
            input
        };
        inputs.into_iter().map(input).collect()
    }

    /// The same with a shape that a schema may have.
    pub(crate) fn of_schema(&self) -> FileInput {
        let shape = match self.shape.as_slice() {
            [] => vec![1],
            shape if shape.len() <= MAX_RANK => shape.to_vec(),
            _ => vec![self.len()],
        };
        FileInput { shape, ..self.clone() }
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether the input has no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The positions of its elements among those of all inputs of the model.
    pub fn elements(&self) -> impl Iterator<Item = usize> + use<> {
        let (first, step) = (self.first, self.step);
        (0..self.len()).map(move |i| first + i * step)
    }

    /// Whether an element of all inputs of the model is one of this.
    pub fn holds(&self, element: usize) -> bool {
        let from_first = element.checked_sub(self.first);
        let place = from_first.filter(|from| from.checked_rem(self.step) == Some(0));
        place.and_then(|from| from.checked_div(self.step)).is_some_and(|i| i < self.len())
    }

    /// A name for each element: that of the input where it has only one.
    pub fn element_names(&self) -> impl Iterator<Item = String> + '_ {
        let len = self.len();
        (0..len).map(move |i| if len == 1 { self.name.clone() } else { format!("{}[{i}]", self.name) })
    }
}

/// What stands for the elements of all inputs in the order of the file, in the order of the model; `None` where the inputs are not as long.
pub(crate) fn in_model_order<T: Clone>(inputs: &[FileInput], in_file: &[T]) -> Option<Vec<T>> {
    let mut placed = vec![None; in_file.len()];
    let positions = inputs.iter().flat_map(FileInput::elements);
    for (position, value) in positions.zip(in_file) {
        *placed.get_mut(position)? = Some(value.clone());
    }
    placed.into_iter().collect()
}

/// The same the other way.
pub(crate) fn in_file_order<T: Clone>(inputs: &[FileInput], in_model: &[T]) -> Option<Vec<T>> {
    inputs.iter().flat_map(FileInput::elements).map(|position| in_model.get(position).cloned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_lie_between_the_others() {
        let column = |name: &str, first| FileInput { name: name.into(), shape: vec![2, 1], first, step: 2 };
        let wide = FileInput { name: "w".into(), shape: vec![2, 2], first: 4, step: 1 };
        let inputs = [column("a", 0), wide, column("b", 1)];
        let in_file = ["a0", "a1", "w0", "w1", "w2", "w3", "b0", "b1"];
        let in_model = ["a0", "b0", "a1", "b1", "w0", "w1", "w2", "w3"];
        assert_eq!(in_model_order(&inputs, &in_file).unwrap(), in_model);
        assert_eq!(in_file_order(&inputs, &in_model).unwrap(), in_file);
        assert_eq!(in_model_order(&inputs, &in_file[1..]), None);
        assert!(inputs[2].elements().eq((0..9).filter(|&element| inputs[2].holds(element))));
        assert_eq!(inputs[2].element_names().collect::<Vec<_>>(), ["b[0]", "b[1]"]);
    }
}
