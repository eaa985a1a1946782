//! Tables of functions and what is made of them, once for each domain and pair of scales: a search asks for the same ones again and again.

use std::cell::RefCell;
use std::sync::Arc;

use assay_circuits::BuildError;
use assay_circuits::layers::function::{Activation, Enclosures, FunctionTable, Quantization};
use assay_circuits::layers::log_sum_exp::LogSumExp;
use assay_circuits::layers::softmax::Softmax;
use assay_circuits::layers::wide::Wide;

/// Entries of the tables of functions that are kept, about: 16 MiB.
const MAX_ENTRIES: usize = 1 << 21;
/// Others of one kind that are kept, some of 2^16 entries.
const MAX_KEPT: usize = 32;

/// Made so far.
#[derive(Default)]
pub(crate) struct Tables {
    functions: Kept<(Activation, Quantization), FunctionTable>,
    /// What their values are, whatever they are rounded to.
    enclosures: Kept<(Activation, i64, i64, i32), Enclosures>,
    wide: Kept<(Activation, Quantization), Wide>,
    softmax: Kept<(usize, i32, u32), Softmax>,
    sums: Kept<(usize, i32), LogSumExp>,
}

/// What was asked for, and what was made, where there is such a thing (no pole in the domain, scales that tables take).
struct Kept<K, V>(RefCell<Vec<(K, Option<Arc<V>>)>>);

impl<K, V> Default for Kept<K, V> {
    fn default() -> Self {
        Kept(RefCell::new(Vec::new()))
    }
}

impl<K: Copy + PartialEq, V> Kept<K, V> {
    /// What there is for a key, of at most `most` that are kept.
    fn get<E>(&self, key: K, most: usize, make: impl FnOnce() -> Result<V, E>) -> Option<Arc<V>> {
        let mut known = self.0.borrow_mut();
        if let Some((_, found)) = known.iter().find(|(of, _)| *of == key) {
            return found.clone();
        }
        let made = make().ok().map(Arc::new);
        if known.len() >= most {
            known.remove(0);
        }
        known.push((key, made.clone()));
        made
    }
}

impl Tables {
    /// The table of a function.
    pub fn get(&self, function: Activation, q: Quantization) -> Option<Arc<FunctionTable>> {
        let entries = usize::try_from(q.hi.abs_diff(q.lo)).unwrap_or(MAX_ENTRIES).max(1);
        let most = (MAX_ENTRIES / entries).clamp(MAX_KEPT, 1024);
        self.functions.get((function, q), most, || {
            let made = || Ok::<_, BuildError>(Enclosures::new(function, q));
            match self.enclosures.get((function, q.lo, q.hi, q.input_scale), 2 * MAX_KEPT, made) {
                Some(known) => FunctionTable::from_enclosures(&known, q),
                None => FunctionTable::of(function, q),
            }
        })
    }

    /// A function of arguments that have too many bits for a table.
    pub fn wide(&self, function: Activation, q: Quantization) -> Option<Arc<Wide>> {
        self.wide.get((function, q), MAX_KEPT, || Wide::new(function, q))
    }

    /// A softmax over `len` values, with the scales of these and of the probabilities.
    pub fn softmax(&self, len: usize, input_scale: i32, scale: u32) -> Option<Arc<Softmax>> {
        self.softmax.get((len, input_scale, scale), MAX_KEPT, || Softmax::new(len, input_scale, scale))
    }

    /// The logarithm of a sum of `len` exponentials of values at this scale.
    pub fn log_sum_exp(&self, len: usize, input_scale: i32) -> Option<Arc<LogSumExp>> {
        self.sums.get((len, input_scale), MAX_KEPT, || LogSumExp::new(len, input_scale))
    }
}
