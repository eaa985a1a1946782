//! Where along an axis an output of Resize looks, and with which weights: as the ONNX operator says, with coordinates in single precision, as
//! runtimes compute them (the floor of `3 / 0.6` depends on it).

/// One axis.
pub(super) struct Sampling {
    pub input: usize,
    pub output: usize,
    pub scale: f32,
    /// The size that the scale makes, before it is rounded down to that of the output.
    pub resized: f32,
    /// Begin and end of the part that is looked at, of [`Coordinates::Region`].
    pub region: (f32, f32),
}

/// How values between positions are made.
pub(super) struct Filter {
    pub mode: Mode,
    pub coordinates: Coordinates,
    /// What stands beyond the ends, of [`Coordinates::Region`].
    pub outside: f64,
    /// Whether positions beyond the ends have no weight; elsewhere they have the value of the nearest end.
    pub is_exclusive: bool,
}

pub(super) enum Mode {
    Nearest(Nearest),
    Linear,
    /// Keys' cubic convolution with its coefficient.
    Cubic(f64),
}

#[derive(Clone, Copy)]
pub(super) enum Nearest {
    RoundPreferFloor,
    RoundPreferCeil,
    Floor,
    Ceil,
}

/// From a position of the output to one of the input.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Coordinates {
    HalfPixel,
    HalfPixelSymmetric,
    PytorchHalfPixel,
    TfHalfPixel,
    AlignCorners,
    Asymmetric,
    Region,
}

/// What an output is: a constant, and inputs with their weights.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Taps {
    pub constant: f64,
    pub weights: Vec<(usize, f64)>,
}

impl Sampling {
    /// What an output is made of.
    pub fn taps(&self, output: usize, filter: &Filter) -> Taps {
        let x = self.position(output, filter.coordinates);
        if filter.coordinates == Coordinates::Region && !(0.0..=self.last()).contains(&x) {
            return Taps { constant: filter.outside, weights: Vec::new() };
        }
        let (first, weights) = match filter.mode {
            Mode::Nearest(nearest) => (nearest.of(x), vec![1.0]),
            Mode::Linear => {
                let ratio = f64::from(x - x.floor());
                (x.floor(), vec![1.0 - ratio, ratio])
            }
            Mode::Cubic(a) => (x.floor() - 1.0, cubic(f64::from(x - x.floor()), a)),
        };
        let mut taps: Vec<(usize, f64)> = Vec::with_capacity(weights.len());
        let is_exclusive = filter.is_exclusive && !matches!(filter.mode, Mode::Nearest(_));
        for (k, weight) in weights.into_iter().enumerate() {
            let at = first + k as f32;
            let inside = at.clamp(0.0, self.last());
            if weight == 0.0 || (is_exclusive && at != inside) {
                continue;
            }
            let input = inside as usize;
            match taps.last_mut() {
                Some((last, sum)) if *last == input => *sum += weight,
                _ => taps.push((input, weight)),
            }
        }
        if is_exclusive {
            let total: f64 = taps.iter().map(|(_, weight)| weight).sum();
            taps.iter_mut().for_each(|(_, weight)| *weight /= total);
        }
        Taps { constant: 0.0, weights: taps }
    }

    /// The last position of the input.
    fn last(&self) -> f32 {
        self.input as f32 - 1.0
    }

    fn position(&self, output: usize, coordinates: Coordinates) -> f32 {
        let (x, scale, resized) = (output as f32, self.scale, self.resized);
        match coordinates {
            Coordinates::HalfPixel => (x + 0.5) / scale - 0.5,
            Coordinates::HalfPixelSymmetric => {
                let adjustment = self.output as f32 / resized;
                let center = self.input as f32 / 2.0;
                center * (1.0 - adjustment) + (x + 0.5) / scale - 0.5
            }
            Coordinates::PytorchHalfPixel if resized > 1.0 => (x + 0.5) / scale - 0.5,
            Coordinates::PytorchHalfPixel => 0.0,
            Coordinates::TfHalfPixel => (x + 0.5) / scale,
            Coordinates::AlignCorners if resized > 1.0 => x * self.last() / (resized - 1.0),
            Coordinates::AlignCorners => 0.0,
            Coordinates::Asymmetric => x / scale,
            Coordinates::Region => {
                let (begin, end) = self.region;
                if resized > 1.0 {
                    begin * self.last() + x * (end - begin) * self.last() / (resized - 1.0)
                } else {
                    0.5 * (begin + end) * self.last()
                }
            }
        }
    }
}

impl Nearest {
    fn of(self, x: f32) -> f32 {
        match self {
            Nearest::RoundPreferFloor => (x - 0.5).ceil(),
            Nearest::RoundPreferCeil => (x + 0.5).floor(),
            Nearest::Floor => x.floor(),
            Nearest::Ceil => x.ceil(),
        }
    }
}

/// Keys' weights of the four positions around one that is `ratio` behind the second.
fn cubic(ratio: f64, a: f64) -> Vec<f64> {
    let near = |t: f64| ((a + 2.0) * t - (a + 3.0)) * t * t + 1.0;
    let far = |t: f64| ((a * t - 5.0 * a) * t + 8.0 * a) * t - 4.0 * a;
    vec![far(1.0 + ratio), near(ratio), near(1.0 - ratio), far(2.0 - ratio)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn positions(mode: Nearest, coordinates: Coordinates, input: usize, output: usize) -> Vec<usize> {
        let (scale, resized) = (output as f32 / input as f32, output as f32);
        let sampling = Sampling { input, output, scale, resized, region: (0.0, 1.0) };
        let filter = Filter { mode: Mode::Nearest(mode), coordinates, outside: 0.0, is_exclusive: false };
        (0..output).map(|output| sampling.taps(output, &filter).weights[0].0).collect()
    }

    #[test]
    fn nearest_positions() {
        use Coordinates::{AlignCorners, Asymmetric, HalfPixel};
        assert_eq!(positions(Nearest::Floor, Asymmetric, 2, 4), [0, 0, 1, 1]);
        assert_eq!(positions(Nearest::Ceil, Asymmetric, 3, 6), [0, 1, 1, 2, 2, 2]);
        assert_eq!(positions(Nearest::RoundPreferFloor, HalfPixel, 4, 2), [0, 2]);
        assert_eq!(positions(Nearest::RoundPreferCeil, HalfPixel, 4, 2), [1, 3]);
        assert_eq!(positions(Nearest::RoundPreferFloor, AlignCorners, 3, 5), [0, 0, 1, 1, 2]);
        assert_eq!(positions(Nearest::RoundPreferCeil, AlignCorners, 3, 5), [0, 1, 1, 2, 2]);
    }

    #[test]
    fn weights_sum_to_one_and_reproduce_lines() {
        for mode in [Mode::Linear, Mode::Cubic(-0.5)] {
            let filter =
                Filter { mode, coordinates: Coordinates::HalfPixel, outside: 0.0, is_exclusive: false };
            let sampling = Sampling { input: 8, output: 20, scale: 2.5, resized: 20.0, region: (0.0, 1.0) };
            // Where all four neighbours are inside.
            for output in 4..16 {
                let Taps { weights, .. } = sampling.taps(output, &filter);
                let total: f64 = weights.iter().map(|(_, weight)| weight).sum();
                let mean: f64 = weights.iter().map(|&(at, weight)| at as f64 * weight).sum();
                let position = f64::from(sampling.position(output, Coordinates::HalfPixel));
                assert!((total - 1.0).abs() < 1e-12 && (mean - position).abs() < 1e-6, "{output}: {mean}");
            }
        }
    }
}
