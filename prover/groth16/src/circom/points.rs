//! The points of a `.zkey`, copied to where they are aligned.

use std::ops::Range;

use assay_engine::{G1Point, Pages};
use bytemuck::Pod;

use super::{error::CircomError, sections::Sections};
use crate::key::Query;

/// The points of the queries, one after another: in the file they lie at addresses that fit no integer.
#[derive(Debug)]
pub(super) struct PointStore {
    points: Pages<G1Point>,
    used: usize,
}

/// Some of a store's points, and their wires if they have any.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) wires: Vec<u32>,
    pub(super) points: Range<usize>,
}

impl PointStore {
    /// Room for all points of the queries.
    pub(super) fn for_sections(sections: &Sections<'_>) -> Result<PointStore, CircomError> {
        let mut bytes = 0;
        for section in 5..=9 {
            bytes += sections.get(section)?.len();
        }
        Ok(PointStore { points: Pages::zeroed(bytes / size_of::<G1Point>()), used: 0 })
    }

    /// The points of a section, one for each of `wires`, without the identities.
    pub(super) fn query<P: Pod>(
        &mut self,
        sections: &Sections<'_>,
        section: u32,
        wires: Range<u32>,
    ) -> Result<Part, CircomError> {
        let points = sections.iter::<P>(section, wires.len() as u32)?;
        let mut others = Vec::with_capacity(points.len());
        let found =
            wires.zip(points).filter(|(_, point)| bytemuck::bytes_of(point).iter().any(|byte| *byte != 0));
        let points = found.map(|(wire, point)| {
            others.push(wire);
            point
        });
        let points = self.take(points);
        Ok(Part { wires: others, points })
    }

    /// Copies points, for which there is room: they are of the sections that it was made for, each taken once.
    pub(super) fn take<P: Pod>(&mut self, points: impl Iterator<Item = P>) -> Range<usize> {
        let start = self.used;
        for point in points {
            let end = self.used + size_of::<P>() / size_of::<G1Point>();
            bytemuck::cast_slice_mut(&mut self.points[self.used..end])
                .copy_from_slice(bytemuck::bytes_of(&point));
            self.used = end;
        }
        start..self.used
    }

    pub(super) fn query_of<'s, P: Pod>(&'s self, part: &'s Part) -> Query<'s, P> {
        Query { wires: &part.wires, points: bytemuck::cast_slice(&self.points[part.points.clone()]) }
    }
}
