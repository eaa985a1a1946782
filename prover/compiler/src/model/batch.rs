//! Batches: inputs whose first dimensions count rows that belong together.

/// The rows of a sample: the first dimension that all inputs have in common; 1 where they have none.
pub(crate) fn rows<'a>(shapes: impl Iterator<Item = &'a [usize]>) -> usize {
    let mut rows = None;
    for shape in shapes {
        match (rows, shape.split_first()) {
            (None, Some((&first, _))) => rows = Some(first),
            (Some(rows), Some((&first, _))) if rows == first => {}
            _ => return 1,
        }
    }
    rows.unwrap_or(1).max(1)
}

/// The elements of a sample, input by input, of the elements of its rows: `lengths` are those of a row in each input.
pub(crate) fn sample<T: Clone>(rows: &[Vec<T>], lengths: &[usize]) -> Vec<T> {
    let mut sample = Vec::new();
    let mut start = 0;
    for length in lengths {
        for row in rows {
            sample.extend(row.iter().skip(start).take(*length).cloned());
        }
        start += length;
    }
    sample
}

/// The names of a sample's elements, of the names of a row's: `name[0]` in the first row.
pub(crate) fn names(names: &[String], rows: usize, lengths: &[usize]) -> Vec<String> {
    let row = |row: usize| names.iter().map(|name| format!("{name}[{row}]")).collect();
    sample(&(0..rows).map(row).collect::<Vec<Vec<String>>>(), lengths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_put_together_input_by_input() {
        assert_eq!(rows([&[3, 2][..], &[3]].into_iter()), 3);
        assert_eq!(rows([&[3, 2][..], &[2]].into_iter()), 1);
        assert_eq!(rows([&[3, 2][..], &[]].into_iter()), 1);
        assert_eq!(sample(&[vec![1, 2, 9], vec![3, 4, 8]], &[2, 1]), [1, 2, 3, 4, 9, 8]);
        let row = ["a", "b", "c"].map(String::from);
        assert_eq!(names(&row, 2, &[2, 1]), ["a[0]", "b[0]", "a[1]", "b[1]", "c[0]", "c[1]"]);
    }
}
