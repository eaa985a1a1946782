//! Square matrices over the field, by rows: as large as Poseidon's.

use ark_bn254::Fr;
use ark_ff::{Field, One, Zero};

/// Rows.
pub type Matrix = Vec<Vec<Fr>>;

/// `row` times `matrix`.
pub fn row_times(row: &[Fr], matrix: &Matrix) -> Vec<Fr> {
    let mut sum = vec![Fr::zero(); row.len()];
    for (factor, line) in row.iter().zip(matrix) {
        sum.iter_mut().zip(line).for_each(|(sum, entry)| *sum += *factor * entry);
    }
    sum
}

/// `left` times `right`.
pub fn product(left: &Matrix, right: &Matrix) -> Matrix {
    left.iter().map(|row| row_times(row, right)).collect()
}

/// The inverse, by elimination; `None` of a matrix that has none.
pub fn inverse(matrix: &Matrix) -> Option<Matrix> {
    let size = matrix.len();
    let unit = |at: usize| (0..size).map(move |column| if column == at { Fr::one() } else { Fr::zero() });
    let mut rows: Matrix =
        matrix.iter().enumerate().map(|(at, row)| row.iter().copied().chain(unit(at)).collect()).collect();
    for column in 0..size {
        let entry = |row: &Vec<Fr>| row.get(column).copied().unwrap_or_default();
        let pivot = rows.iter().skip(column).position(|row| !entry(row).is_zero())? + column;
        rows.swap(column, pivot);
        let mut line = rows.get(column)?.clone();
        let scale = entry(&line).inverse()?;
        line.iter_mut().for_each(|value| *value *= scale);
        for row in &mut rows {
            let factor = entry(row);
            row.iter_mut().zip(&line).for_each(|(value, pivot)| *value -= factor * pivot);
        }
        *rows.get_mut(column)? = line;
    }
    Some(rows.into_iter().map(|row| row.into_iter().skip(size).collect()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inverse_is_one_and_a_singular_matrix_has_none() {
        let entries = |rows: &[[u64; 3]]| -> Matrix {
            rows.iter().map(|row| row.iter().map(|&entry| Fr::from(entry)).collect()).collect()
        };
        let matrix = entries(&[[0, 2, 3], [4, 0, 6], [7, 8, 0]]);
        let unit = entries(&[[1, 0, 0], [0, 1, 0], [0, 0, 1]]);
        assert_eq!(product(&matrix, &inverse(&matrix).expect("regular")), unit);
        assert_eq!(inverse(&entries(&[[1, 2, 3], [2, 4, 6], [1, 0, 1]])), None);
    }
}
