//! Times by name, and their spread.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// Measured times by name, in the order of first use.
#[derive(Default)]
pub struct Series(Vec<(String, Vec<Duration>)>);

impl Series {
    /// One more time under `name`.
    pub fn add(&mut self, name: &str, time: Duration) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, times)) => times.push(time),
            None => self.0.push((name.to_owned(), vec![time])),
        }
    }

    /// Runs `work` and takes its time, whether or not it succeeds.
    pub fn time<T, E>(&mut self, name: &str, work: impl FnOnce() -> Result<T, E>) -> anyhow::Result<T>
    where
        anyhow::Error: From<E>,
    {
        let start = Instant::now();
        let result = work();
        self.add(name, start.elapsed());
        Ok(result?)
    }

    /// The times of another series behind these.
    pub fn extend(&mut self, other: Series) {
        for (name, times) in other.0 {
            times.into_iter().for_each(|time| self.add(&name, time));
        }
    }

    /// Medians, in the order of first use.
    pub fn spreads(&self) -> Vec<(String, Spread)> {
        self.0.iter().filter_map(|(name, times)| Some((name.clone(), Spread::of(times)?))).collect()
    }
}

/// Median, least, greatest, and median absolute deviation (MAD), in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Number of times.
    pub runs: usize,
    /// The middle one, or the mean of the middle two.
    pub median_ms: f64,
    /// The least.
    pub min_ms: f64,
    /// The greatest.
    pub max_ms: f64,
    /// Median distance from the median.
    pub mad_ms: f64,
}

impl Spread {
    /// `None` of no times.
    pub fn of(times: &[Duration]) -> Option<Spread> {
        let middle = median(times.to_vec())?;
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        Some(Spread {
            runs: times.len(),
            median_ms: ms(middle),
            min_ms: ms(times.iter().min().copied()?),
            max_ms: ms(times.iter().max().copied()?),
            mad_ms: ms(median(times.iter().map(|time| time.abs_diff(middle)).collect())?),
        })
    }
}

/// The middle one, or the mean of the middle two.
pub fn median(mut times: Vec<Duration>) -> Option<Duration> {
    times.sort_unstable();
    let upper = *times.get(times.len() / 2)?;
    if times.len() % 2 == 1 {
        return Some(upper);
    }
    Some((*times.get(times.len() / 2 - 1)? + upper) / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(times: &[u64]) -> Vec<Duration> {
        times.iter().copied().map(Duration::from_millis).collect()
    }

    #[test]
    fn medians_and_deviations() {
        assert_eq!(median(ms(&[])), None);
        assert_eq!(median(ms(&[5])), Some(Duration::from_millis(5)));
        assert_eq!(median(ms(&[9, 1, 5])), Some(Duration::from_millis(5)));
        assert_eq!(median(ms(&[1, 4, 2, 9])), Some(Duration::from_millis(3)));
        let spread = Spread::of(&ms(&[1, 2, 3, 4, 100])).unwrap();
        let expected = Spread { runs: 5, median_ms: 3.0, min_ms: 1.0, max_ms: 100.0, mad_ms: 1.0 };
        assert_eq!(spread, expected);
    }
}
