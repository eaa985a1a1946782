//! What a proof will take on this machine, which is measured once.

use std::cell::Cell;
use std::time::Instant;

use assay::{Calibration, Error, MeasureError, Model, Observer, Progress, ProvingTime};

use crate::ui::{self, Bar, duration};

/// Time of witness and proof of a model: on this machine, or on a server's two cores where this one cannot be measured.
pub fn proving_time(model: &Model) -> Result<ProvingTime, Error> {
    model.proving_time(here()?.as_ref())
}

/// The times of this machine's operations, measured the first time that this user asks and remembered in the cache
/// directory; none where they cannot be measured or remembered.
fn here() -> Result<Option<Calibration>, Error> {
    let bar: Cell<Option<(Bar, Instant)>> = Cell::new(None);
    let show = |Progress { done, total, .. }| {
        let (shown, start) =
            bar.take().unwrap_or_else(|| (Bar::of("measuring this machine, once", total), Instant::now()));
        shown.set(done, total);
        bar.set(Some((shown, start)));
        std::ops::ControlFlow::Continue(())
    };
    let found = Calibration::of_user(Observer::new(&show));
    let measured = bar.take().map(|(_, start)| start.elapsed());
    match found {
        Ok(found) => {
            if let Some(time) = measured {
                ui::note(&format!("measured this machine in {}, for estimates", duration(time)));
            }
            Ok(Some(found))
        }
        Err(MeasureError::Cancelled(cancelled)) => Err(cancelled.into()),
        Err(MeasureError::NoCache) => Ok(None),
        Err(error) => {
            ui::warn(&format!("this machine was not measured ({error}): times are those of a server"));
            Ok(None)
        }
    }
}
