//! What a file's own arithmetic makes of integers: it scales sums of them, rounds to even, and saturates.

/// How a number becomes a multiple of the result's step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Finish {
    /// `x / step`, as QuantizeLinear has it.
    Over(f32),
    /// `x * multiplier`, as QLinearConv and its like have it.
    Times(f32),
    /// The same with the zero point added before it is rounded, as QLinearMul has it.
    TimesAndZero(f32),
    /// `(constant + ratio_0 (t_0 + zero_0)) + ratio_1 (t_1 + zero_1)`, the zero point being in the constant, as QLinearAdd has it.
    Sum { ratios: [f32; 2], zeros: [f32; 2], constant: f32 },
}

/// Integers of a type, and the one that stands for zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Format {
    /// The least of the type.
    pub lo: i64,
    /// The largest.
    pub hi: i64,
    /// What stands for zero.
    pub zero: i64,
}

/// `saturate(round_half_even(clip(unit_0 * t_0 + bias + unit_1 * t_1) / step) + zero) - zero`, in single precision where the file has it.
/// It grows with each `t`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Law {
    /// What one more of each part is worth: positive, or zero of a part that is not there.
    pub units: [f64; 2],
    /// The constant.
    pub bias: f64,
    /// What a Relu or a Clip before the rounding leaves.
    pub clip: (f64, f64),
    /// The last step.
    pub finish: Finish,
    /// Of the result.
    pub format: Format,
}

impl Law {
    /// The result less what stands for zero.
    pub fn of(&self, t: [f64; 2]) -> i64 {
        let Format { lo, hi, zero } = self.format;
        // What is beyond 64 bits saturates, and so does it here.
        let with_zero = |x: f32| (x.round_ties_even() as i64).clamp(lo, hi) - zero;
        let [first, second] = self.units;
        let mut x = (first * t[0] + self.bias) as f32;
        if second != 0.0 {
            x += (second * t[1]) as f32;
        }
        let x = x.max(self.clip.0 as f32).min(self.clip.1 as f32);
        match self.finish {
            Finish::Over(step) => self.rounded((x / step).into()),
            Finish::Times(multiplier) => self.rounded((x * multiplier).into()),
            Finish::TimesAndZero(multiplier) => with_zero(x * multiplier + zero as f32),
            Finish::Sum { ratios, zeros, constant } => {
                let part = |i: usize| Some(ratios.get(i)? * (*t.get(i)? as f32 + zeros.get(i)?));
                with_zero((constant + part(0).unwrap_or_default()) + part(1).unwrap_or_default())
            }
        }
    }

    /// The same in double precision.
    pub fn ideal(&self, t: [f64; 2]) -> i64 {
        self.rounded(self.steps(t))
    }

    /// Of how many steps the result is, before it is rounded.
    pub fn steps(&self, t: [f64; 2]) -> f64 {
        let x = self.units[0] * t[0] + self.bias + self.units[1] * t[1];
        let x = x.max(self.clip.0).min(self.clip.1);
        x * self.by()
    }

    /// What the sum is multiplied by.
    pub fn by(&self) -> f64 {
        match self.finish {
            Finish::Over(step) => 1.0 / f64::from(step),
            Finish::Times(multiplier) | Finish::TimesAndZero(multiplier) => multiplier.into(),
            Finish::Sum { .. } => 1.0,
        }
    }

    fn rounded(&self, steps: f64) -> i64 {
        let Format { lo, hi, zero } = self.format;
        // What is beyond 64 bits saturates, and so does it here.
        (steps.round_ties_even() as i64).saturating_add(zero).clamp(lo, hi) - zero
    }

    /// How many steps one more of each part is.
    pub fn slopes(&self) -> [f64; 2] {
        self.units.map(|unit| unit * self.by())
    }

    /// Where the first part lies, the second being zero, as long as the result does not saturate, and a little beyond.
    pub fn reach(&self) -> (f64, f64) {
        let [slope, _] = self.slopes();
        let Format { lo, hi, zero } = self.format;
        let place =
            |steps: i64| (steps - zero) as f64 / slope - self.bias / self.units[0].max(f64::MIN_POSITIVE);
        (place(lo - 2), place(hi + 2))
    }

    /// Equal ones have equal keys.
    pub fn key(&self) -> [u64; 13] {
        let (kind, last, others) = match self.finish {
            Finish::Over(step) => (0, step, [0.0; 4]),
            Finish::Times(multiplier) => (1, multiplier, [0.0; 4]),
            Finish::TimesAndZero(multiplier) => (2, multiplier, [0.0; 4]),
            Finish::Sum { ratios: [a, b], zeros: [c, d], constant } => (3, constant, [a, b, c, d]),
        };
        let Format { lo, hi, zero } = self.format;
        let [first, second] = self.units.map(f64::to_bits);
        let (low, high) = (self.clip.0.to_bits(), self.clip.1.to_bits());
        let rest = (u64::from(last.to_bits()) << 2) | kind;
        let [a, b, c, d] = others.map(|x: f32| x.to_bits().into());
        let [lo, hi, zero] = [lo, hi, zero].map(i64::cast_unsigned);
        [first, second, self.bias.to_bits(), low, high, rest, lo, hi, zero, a, b, c, d]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn law(unit: f64, bias: f64, step: f32, (lo, hi, zero): (i64, i64, i64)) -> Law {
        let clip = (f64::NEG_INFINITY, f64::INFINITY);
        Law { units: [unit, 0.0], bias, clip, finish: Finish::Over(step), format: Format { lo, hi, zero } }
    }

    /// By hand: halves go to the even neighbour, of q and not of q less zero; what is beyond saturates.
    #[test]
    fn halves_are_rounded_to_even_before_the_zero_point_is_added() {
        let halves = law(0.5, 0.0, 1.0, (0, 255, 3));
        let all: Vec<i64> =
            [-8.0, -3.0, -1.0, 1.0, 3.0, 5.0, 600.0].iter().map(|&t| halves.of([t, 0.0])).collect();
        assert_eq!(all, [-3, -2, 0, 0, 2, 2, 252]);
        let relu = Law { clip: (0.0, 1.5), ..halves };
        assert_eq!([-9.0, 1.0, 3.0, 90.0].map(|t| relu.of([t, 0.0])), [0, 0, 2, 2]);
    }
}
