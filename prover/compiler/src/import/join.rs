//! Inputs of one column each, joined where a statement has no room for each of them.
//!
//! Tables are exported with an input for each column, `[N, 1]` or `[N]`, and a statement holds [`MAX_TENSORS`] tensors. Where a file has more
//! inputs, or the name of a column is longer than a tensor's may be, its columns become positions along the last axis of one tensor for
//! each kind of values: `numbers`, `integers`, `booleans`, `categories`, and `numbers_2` where there are more than a tensor can tell apart
//! ([`MAX_SCALES`], [`MAX_COLUMNS`]). Nodes see the columns as the file declares them: each is every so many elements of the
//! tensor, a map of indices that costs nothing. Scales and what may be missing are by column, and features have the names of the file.
//!
//! An input that a statement is to hide stays by itself: what is committed to, or is a member of a tree, is a tensor of its own. Numbers that are
//! not rounded share none with those that are: theirs is `floats`.

use std::collections::HashSet;

use assay_interface::missing::MAX_COLUMNS;
use assay_interface::scales::MAX_SCALES;
use assay_interface::schema::{MAX_ELEMENTS, MAX_NAME, MAX_RANK, MAX_TENSORS};

use super::refusal::Refusal;
use crate::model::{Encoding, FileInput, Input, Kind};
use crate::options::Options;

/// What the inputs of a file become.
pub(super) struct Joined {
    /// The model's inputs.
    pub inputs: Vec<Input>,
    /// The file's, each with its place in those.
    pub file: Vec<FileInput>,
}

/// Inputs of the file that become one of the model.
struct Group {
    /// Their positions in the file.
    members: Vec<usize>,
    /// What they have in common, if others may join.
    columns: Option<Columns>,
}

/// What columns of one tensor have in common.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Columns {
    kind: Kind,
    encoding: Encoding,
    is_text: bool,
    rows: usize,
}

impl Columns {
    /// What an input holds, if it has one element a row.
    fn of(input: &Input) -> Option<Columns> {
        let rows = input.shape.first().copied().unwrap_or(1);
        let is_column =
            input.len() == rows && (1..=MAX_ELEMENTS).contains(&rows) && input.shape.len() <= MAX_RANK;
        let (kind, encoding) = (input.kind, input.encoding);
        is_column.then_some(Columns { kind, encoding, is_text: !input.categories.is_empty(), rows })
    }

    /// Most columns of a tensor.
    fn most(self) -> usize {
        MAX_COLUMNS.min(MAX_SCALES).min(MAX_ELEMENTS.checked_div(self.rows).unwrap_or(1)).max(1)
    }

    fn name(self) -> &'static str {
        match self.kind {
            _ if self.is_text => "categories",
            _ if self.encoding == Encoding::Float32 => "floats",
            Kind::Real => "numbers",
            Kind::Integer => "integers",
            Kind::Bool => "booleans",
        }
    }
}

/// The model's inputs. `others` are names of tensors that a statement holds besides.
pub(super) fn join<'a>(
    declared: Vec<Input>,
    others: impl Iterator<Item = &'a str>,
    options: &Options,
    refusals: &mut Vec<Refusal>,
) -> Joined {
    let is_crowded = declared.len() > MAX_TENSORS;
    let is_apart = |input: &Input| {
        options.commit.contains(&input.name) || options.member.iter().any(|member| member.name == input.name)
    };
    let mut groups: Vec<Group> = Vec::new();
    // The last group of each kind: those before it are full.
    let mut open: Vec<(Columns, usize)> = Vec::new();
    for (position, input) in declared.iter().enumerate() {
        let joins = (is_crowded || input.name.len() > MAX_NAME) && !is_apart(input);
        let columns = Columns::of(input).filter(|_| joins);
        let last = columns.and_then(|columns| open.iter_mut().find(|(known, _)| *known == columns));
        let group = last.as_ref().and_then(|(_, last)| groups.get_mut(*last));
        match group.filter(|group| columns.is_some_and(|columns| group.members.len() < columns.most())) {
            Some(group) => group.members.push(position),
            None => {
                match (last, columns) {
                    (Some((_, last)), _) => *last = groups.len(),
                    (None, Some(columns)) => open.push((columns, groups.len())),
                    (None, None) => {}
                }
                groups.push(Group { members: vec![position], columns });
            }
        }
    }
    if groups.len() > MAX_TENSORS {
        let joined = groups.iter().map(|group| group.members.len()).filter(|members| *members > 1).sum();
        let names = |is: &dyn Fn(&Input) -> bool| -> Vec<String> {
            declared.iter().filter(|input| is(input)).map(|input| input.name.clone()).collect()
        };
        refusals.push(Refusal::TooManyInputs {
            count: declared.len(),
            joined,
            left: groups.len(),
            wide: names(&|input| Columns::of(input).is_none() && !is_apart(input)),
            apart: names(&is_apart),
        });
    }
    let mut taken: HashSet<String> = others.map(str::to_owned).collect();
    taken.extend(declared.iter().map(|input| input.name.clone()));
    let mut inputs = Vec::with_capacity(groups.len());
    let mut places = vec![(0, 1); declared.len()];
    let mut first = 0;
    for group in &groups {
        let members: Vec<&Input> = group.members.iter().filter_map(|&at| declared.get(at)).collect();
        let step = members.len();
        for (column, &member) in group.members.iter().enumerate() {
            if let Some(place) = places.get_mut(member) {
                *place = (first + column, step);
            }
        }
        let input = match (members.as_slice(), group.columns) {
            (&[input], columns) if columns.is_none() || input.name.len() <= MAX_NAME => input.clone(),
            (members, columns) => tensor(members, columns, &mut taken),
        };
        first += input.len();
        inputs.push(input);
    }
    let file = declared.into_iter().zip(places);
    let file = file.map(|(Input { name, shape, .. }, (first, step))| FileInput { name, shape, first, step });
    Joined { inputs, file: file.collect() }
}

/// One tensor of several columns.
fn tensor(members: &[&Input], columns: Option<Columns>, taken: &mut HashSet<String>) -> Input {
    let rows = columns.map_or(1, |columns| columns.rows);
    let title = columns.map_or("numbers", Columns::name);
    let mut names = std::iter::once(title.to_owned()).chain((2..).map(|number| format!("{title}_{number}")));
    let name = names.find(|name| !taken.contains(name)).unwrap_or_default();
    taken.insert(name.clone());
    let of_row = |row: usize| members.iter().filter_map(move |input| input.categories.get(row));
    Input {
        name,
        shape: vec![rows, members.len()],
        kind: members.first().map_or(Kind::Real, |input| input.kind),
        encoding: members.first().map_or(Encoding::Rounded, |input| input.encoding),
        categories: (0..rows).flat_map(of_row).cloned().collect(),
        missing: Vec::new(),
        domains: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Categories, Unknown};

    fn input(name: &str, shape: &[usize], kind: Kind) -> Input {
        let (name, shape, encoding) = (name.into(), shape.into(), Encoding::Rounded);
        Input {
            name,
            shape,
            kind,
            encoding,
            categories: Vec::new(),
            missing: Vec::new(),
            domains: Vec::new(),
        }
    }

    fn text(name: &str, rows: usize) -> Input {
        let none = Categories { names: Vec::new(), unknown: Unknown::Taken };
        Input { categories: vec![none; rows], ..input(name, &[rows, 1], Kind::Integer) }
    }

    fn numbers(count: usize) -> Vec<Input> {
        (0..count).map(|i| input(&format!("x{i}"), &[1, 1], Kind::Real)).collect()
    }

    fn joined(declared: Vec<Input>, options: &Options) -> (Vec<(String, Vec<usize>)>, Vec<FileInput>) {
        let mut refusals = Vec::new();
        let Joined { inputs, file } = join(declared, ["numbers"].into_iter(), options, &mut refusals);
        assert!(refusals.is_empty(), "{refusals:?}");
        let mut elements: Vec<usize> = file.iter().flat_map(FileInput::elements).collect();
        elements.sort_unstable();
        let count: usize = inputs.iter().map(Input::len).sum();
        assert!(elements.into_iter().eq(0..count), "each element once");
        (inputs.into_iter().map(|input| (input.name, input.shape)).collect(), file)
    }

    #[test]
    fn columns_of_a_kind_share_a_tensor() {
        let mut declared = numbers(7);
        declared.insert(2, text("job", 1));
        declared.insert(4, input("age", &[1], Kind::Integer));
        declared.push(text("region", 1));
        declared.push(input("picture", &[1, 4], Kind::Real));
        let (inputs, file) = joined(declared, &Options::default());
        let expected = [
            ("numbers_2", vec![1, 7]),
            ("categories", vec![1, 2]),
            ("age", vec![1]),
            ("picture", vec![1, 4]),
        ];
        assert_eq!(inputs, expected.map(|(name, shape)| (name.to_owned(), shape)));
        let job = FileInput { name: "job".into(), shape: vec![1, 1], first: 7, step: 2 };
        assert_eq!(file[2], job);
    }

    #[test]
    fn what_has_room_stays_as_it_is() {
        let (inputs, file) = joined(numbers(8), &Options::default());
        assert_eq!(inputs.len(), 8);
        assert_eq!(file, FileInput::of_inputs(&numbers(8)));
        let long = "n".repeat(MAX_NAME + 1);
        let (inputs, file) = joined(
            vec![input("a", &[1, 1], Kind::Real), input(&long, &[1], Kind::Real)],
            &Options::default(),
        );
        assert_eq!(inputs, [("a".to_owned(), vec![1, 1]), ("numbers_2".to_owned(), vec![1, 1])]);
        assert_eq!((&file[1].name, file[1].first), (&long, 1));
    }

    #[test]
    fn hidden_inputs_stay_by_themselves() {
        let options = Options { commit: vec!["x3".into()], ..Options::default() };
        let (inputs, _) = joined(numbers(10), &options);
        assert_eq!(inputs, [("numbers_2".to_owned(), vec![1, 9]), ("x3".to_owned(), vec![1, 1])]);
    }

    #[test]
    fn rows_of_a_batch_and_many_columns() {
        let column = |i: usize| input(&format!("x{i}"), &[8, 1], Kind::Real);
        let (inputs, file) = joined((0..300).map(column).collect(), &Options::default());
        let expected = [("numbers_2", 128), ("numbers_3", 128), ("numbers_4", 44)];
        assert_eq!(inputs, expected.map(|(name, columns)| (name.to_owned(), vec![8, columns])));
        assert_eq!(file[299].elements().take(2).collect::<Vec<_>>(), [8 * 256 + 43, 8 * 256 + 87]);
    }

    #[test]
    fn what_is_left_over_is_refused() {
        let wide = |i: usize| input(&format!("w{i}"), &[1, 3], Kind::Real);
        let declared: Vec<Input> = numbers(5).into_iter().chain((0..7).map(wide)).collect();
        let options = Options { commit: vec!["x1".into()], ..Options::default() };
        let mut refusals = Vec::new();
        join(declared, std::iter::empty(), &options, &mut refusals);
        let [Refusal::TooManyInputs { count: 12, joined: 4, left: 9, wide, apart }] = refusals.as_slice()
        else {
            panic!("{refusals:?}");
        };
        assert_eq!((wide.len(), apart.as_slice()), (7, &["x1".to_owned()][..]));
    }
}
