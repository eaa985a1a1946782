use super::*;
use crate::quantize::tables::Tables;

/// The bound of a threshold, at a scale.
fn bound(relation: Relation, c: f64, scale: i32) -> (Relation, i64) {
    let tables = Tables::default();
    let arguments = [ArgumentFormat::Common(scale)];
    let formats =
        Formats { arguments: &arguments, ranges: &[(0.0, 1.0)], scale: 0, bits: 8, tables: &tables };
    let operator = Threshold { relation, thresholds: vec![c], takes: Takes::Common, values: Values::Whole };
    let integers = operator.quantize(&formats).unwrap();
    let answers: Vec<i64> = (-40..40).map(|x| integers.reference(&[x]).unwrap()[0]).collect();
    for (x, &answer) in (-40..40).zip(&answers) {
        let real = f64::from(x) * pow2(-scale);
        assert_eq!(answer == 1, relation.holds(&real, &c), "{real} {relation:?} {c}");
    }
    (relation, answers.iter().sum())
}

#[test]
fn thresholds_are_exact_on_the_grid() {
    for relation in Relation::ALL {
        for c in [0.0, 0.8, -0.8, 0.5, -0.25, 1.0, 2.0f64.powi(-30), -(2.0f64.powi(-30)), 1e30, -1e30] {
            for scale in [0, 2, 3, 5] {
                bound(relation, c, scale);
            }
        }
    }
}

/// A value that is equal to the threshold is rounded as the threshold is.
#[test]
fn values_on_a_threshold_stay_on_it() {
    let tables = Tables::default();
    for c in [0.8, -0.8, 0.3, 1.0 / 3.0, -2.7] {
        for scale in [0, 1, 5, 12] {
            let arguments = [ArgumentFormat::Exact(vec![scale])];
            let ranges = [(-3.0, 3.0)];
            let formats =
                Formats { arguments: &arguments, ranges: &ranges, scale: 0, bits: 8, tables: &tables };
            let x = crate::number::quantize(c, scale).unwrap();
            for relation in Relation::ALL {
                let operator =
                    Threshold { relation, thresholds: vec![c], takes: Takes::Exact, values: Values::Any };
                let answer = operator.quantize(&formats).unwrap().reference(&[x]).unwrap();
                assert_eq!(answer, [i64::from(relation.holds(&c, &c))], "{relation:?} {c} at {scale}");
            }
        }
    }
}
