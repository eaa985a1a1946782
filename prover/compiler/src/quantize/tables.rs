//! Tables of functions, made once for each domain and pair of scales.

use std::cell::RefCell;
use std::sync::Arc;

use assay_circuits::layers::function::{Activation, FunctionTable, Quantization};

/// Tables that are kept.
const MAX_TABLES: usize = 64;

/// Tables made so far: a search asks for the same ones again and again.
#[derive(Default)]
pub(crate) struct Tables(RefCell<Vec<Tabulated>>);

/// What was asked for, and its table, where there is one.
type Tabulated = (Activation, Quantization, Option<Arc<FunctionTable>>);

impl Tables {
    /// The table of a function; `None` where it has none (a pole in the domain, scales beyond what tables take).
    pub fn get(&self, function: Activation, q: Quantization) -> Option<Arc<FunctionTable>> {
        let mut known = self.0.borrow_mut();
        if let Some((.., table)) = known.iter().find(|(of, at, _)| *of == function && *at == q) {
            return table.clone();
        }
        let table = FunctionTable::of(function, q).ok().map(Arc::new);
        if known.len() == MAX_TABLES {
            known.remove(0);
        }
        known.push((function, q, table.clone()));
        table
    }
}
