//! A compiled model: what `.assay` files hold, and what provers and callers use.
//!
//! ```text
//! payload = provenance: u32 length, bytes; schema: u32 length, bytes; features: feature*; graph;
//!           for each output what is claimed of its decisions: decision (`decision/encoding.rs`);
//!           ranges: u8 (0 bits, 1 lookups); circuit digest: 32 bytes;
//!           where an output has names of classes, or columns are joined, for each output: u8 (0 none, 1 of its values, 2 of its
//!           elements); of those with names: u32 count, names;
//!           where columns are joined, the inputs of the ONNX file: u32 count, file input*
//! file input = name; u32 rank, u32 for each dimension; first: u32, step: u32 (element i is element first + i * step of all inputs)
//! feature = name; min: f64; max: f64; kind: u8 (0 real, 1 integer, 2 truth, 3 text of which unknown values are refused, 4 text
//!           of which they stand as the number of values); of text: u32 count, values;
//!           missing: u8 (0 never, 1 a number stands for it: f64, 2 it has an integer of its own)
//! ```
//!
//! Of layers whose weights are committed to, a file holds formats and no weights, and no claim about decisions: both are in the weights' own
//! file ([`crate::committed`]).
//!
//! This is version 6 of the payload. Files of the others are refused, with the advice to compile the model again. Version 1
//! had no provenance: without its options and the digest of its calibration data a model cannot be checked. Version 2 has
//! this layout, but its circuit proves statements of version 1, whose commitments do not say how many values they hold. Version 3
//! had layers of a few fixed kinds, one scale for an input, and no kinds of features. Circuits of version 4 proved any integers of
//! the inputs' formats, whatever domains were declared. Version 5 said nothing of decisions.
//!
//! The circuit itself is not stored: it follows from graph and schema, so a file cannot hold a graph and the circuit
//! of another. Reading builds it again, once the graph is known to ask for no more than its bytes pay for, and compares
//! its digest. The parent of the file is the SHA-256 of the ONNX file.

mod features;

use assay_circuits::{Circuit, Domain, Ranges};
use assay_interface::artifact::{self, ArtifactError};
use assay_interface::float32;
use assay_interface::scales::Scales;
use assay_interface::schema::{ModelSchema, SchemaError, TensorSchema};

use crate::budget::Budget;
use crate::bytes::{CONSTRAINT, ReadError, Reader, Writer};
use crate::calibrate::{self, Arranged, CalibrationError, Element, FeatureNames, Inputs, Table};
use crate::decision::{self, DecisionClaim};
use crate::feature::{Feature, InputError, check_domain};
use crate::features::observed_ends;
use crate::file_inputs;
use crate::lower::{self, LowerError};
use crate::model::{Absent, ClassNames, Encoding, FileInput, batch};
use crate::number::dequantize;
use crate::provenance::Provenance;
use crate::quantize::committed::wires::without_values;
use crate::quantize::encoding;
use crate::quantize::graph::{QuantGraph, RunError};
use crate::strategy;

/// A model in integers with its circuit.
#[derive(Clone, Debug, PartialEq)]
pub struct CompiledModel {
    /// Tensors of the statement.
    pub schema: ModelSchema,
    /// The integer model.
    pub graph: QuantGraph,
    /// The circuit that proves it.
    pub circuit: Circuit,
    /// The elements of all inputs, in order.
    pub features: Vec<Feature>,
    /// What each output decides, and for which integers the float model certainly decides the same.
    pub decisions: Vec<DecisionClaim>,
    /// The inputs of the ONNX file, in its order: the tensors of the statement, or columns of them.
    pub file_inputs: Vec<FileInput>,
    /// The names of classes of each output, if it is a classifier's.
    pub classes: Vec<Option<ClassNames>>,
    /// SHA-256 of the ONNX file.
    pub source_digest: [u8; 32],
    /// What else it was compiled from.
    pub provenance: Provenance,
}

/// Bytes are no compiled model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The container is not sound.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// The payload is malformed.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The schema is not valid.
    #[error("schema: {0}")]
    Schema(#[from] SchemaError),
    /// The graph has no circuit.
    #[error(transparent)]
    Lower(#[from] LowerError),
    /// The graph's circuit is not the one the file names.
    #[error(
        "the circuit of this model has another digest than the file names: \
         it was compiled by another version, or something in it was changed, such as a domain; compile it again"
    )]
    CircuitDigest,
    /// What was written is read as another model.
    #[error("it would be read as another model: this is a bug in the compiler")]
    Another,
}

impl CompiledModel {
    /// How the circuit proves ranges. With lookups, its proofs have a commitment.
    pub fn ranges(&self) -> Ranges {
        match self.circuit.commitment {
            Some(_) => Ranges::Lookup,
            None => Ranges::Bits,
        }
    }

    /// The samples of a table in the order of the model's features, with what was taken for granted.
    ///
    /// # Errors
    /// Missing and unknown columns, rows of the wrong length.
    pub fn arrange(&self, table: &Table) -> Result<Arranged, CalibrationError> {
        let reading = |missing: Absent| match missing {
            Absent::StandsFor(number) => number,
            Absent::Coded => f64::NAN,
        };
        let encoding = |is_exact| if is_exact { Encoding::Float32 } else { Encoding::Rounded };
        let elements = self.features.iter().zip(self.exact()).map(|(feature, is_exact)| Element {
            name: &feature.name,
            categories: feature.categories.as_ref(),
            missing: feature.missing.map(reading),
            encoding: encoding(is_exact),
        });
        let elements: Vec<Element<'_>> = elements.collect();
        let shape = |dims: &Vec<u32>| dims.iter().map(|&dim| dim as usize).collect::<Vec<usize>>();
        let shapes: Vec<Vec<usize>> = self.graph.inputs.iter().map(|input| shape(&input.shape)).collect();
        let batch = batch::rows(shapes.iter().map(Vec::as_slice));
        let tensors: Vec<(&str, usize)> =
            self.schema.inputs().iter().map(|input| (input.name.as_str(), input.elements())).collect();
        let inputs = Inputs { file: &self.file_inputs, tensors: &tensors };
        calibrate::arrange_elements(table, inputs, &elements, FeatureNames::Declared, batch)
    }

    /// Ends of the features' declared domains that are those of the calibration data: beyond them rows are refused. Of `n` samples and rows
    /// like them, at most this over `n + 1` lie outside, with no margin.
    pub fn observed_ends(&self) -> usize {
        observed_ends(&self.features, self.exact(), &self.provenance.options)
    }

    /// The inputs of the ONNX file that are columns of each input tensor, in their order; none where it is the file's own.
    pub fn columns(&self) -> Vec<Vec<&str>> {
        file_inputs::columns(&self.file_inputs, &self.schema)
    }

    /// Integers of one sample, one list for each input tensor: each value to the nearest representable one, of single precision where the
    /// model takes that exactly. NaN is a missing value, where the model takes one.
    ///
    /// # Errors
    /// [`InputError::OutsideDomain`] names the first feature outside its declared domain.
    pub fn quantize_inputs(&self, sample: &[f64]) -> Result<Vec<Vec<i64>>, InputError> {
        let replaced = |(&value, feature): (&f64, &Feature)| match feature.missing {
            Some(Absent::StandsFor(number)) if value.is_nan() => number,
            _ => value,
        };
        let with_all: Vec<f64> = sample.iter().zip(&self.features).map(replaced).collect();
        let sample = if with_all.len() == sample.len() { with_all.as_slice() } else { sample };
        self.check(sample)?;
        check_domain(&self.features, sample)?;
        Ok(self.graph.quantize(sample))
    }

    /// Whether the integers of inputs are all in their domains, as the circuit asserts; as many as the model takes.
    ///
    /// # Errors
    /// [`InputError::OutsideDomain`] names the first feature that is not.
    pub fn check_domains(&self, inputs: &[Vec<i64>]) -> Result<(), InputError> {
        let mut features = self.features.iter();
        for (input, values) in self.graph.inputs.iter().zip(inputs) {
            let of_element = values.iter().zip(&input.domains).zip(input.scales.each(&input.shape));
            for (((&value, domain), scale), Feature { name, min, max, .. }) in of_element.zip(&mut features) {
                if !domain.contains(value) {
                    let value = match scale {
                        Some(scale) => dequantize(value, scale.into()),
                        None => float32::number(value).map_or(f64::NAN, f64::from),
                    };
                    return Err(InputError::OutsideDomain {
                        feature: name.clone(),
                        value,
                        min: *min,
                        max: *max,
                    });
                }
            }
        }
        Ok(())
    }

    /// The first feature of which the circuit does not take every integer of its format, if there is one: whoever does not choose the
    /// inputs, as a program that computes them, may come to integers of which no proof is possible.
    pub fn first_narrowed(&self) -> Option<&Feature> {
        let inputs = self.graph.inputs.iter();
        let domains = inputs.flat_map(|input| input.domains.iter().map(|domain| (domain, input.bits)));
        let is_whole = |domain: &Domain, bits| {
            domain.is_interval() && domain.interval() == Domain::whole(bits).interval()
        };
        let mut features = self.features.iter().zip(domains);
        features.find(|(_, (domain, bits))| !is_whole(domain, *bits)).map(|(feature, _)| feature)
    }

    /// The outputs of the integer model: what a proof shows.
    ///
    /// # Errors
    /// [`RunError`] where the integers do not fit the inputs.
    pub fn run_reference(&self, inputs: &[Vec<i64>]) -> Result<Vec<Vec<i64>>, RunError> {
        self.graph.run(inputs)
    }

    /// Real values of integer outputs: `q · 2^-scale`.
    pub fn dequantize_outputs(&self, outputs: &[Vec<i64>]) -> Vec<Vec<f64>> {
        let tensors = self.schema.outputs().iter().zip(outputs);
        // Outputs have scales: the schema says so.
        let real = |(&q, scale): (&i64, Option<i8>)| dequantize(q, scale.unwrap_or(0).into());
        tensors.map(|(tensor, values)| values.iter().zip(tensor.each_scale()).map(real).collect()).collect()
    }

    /// Whether each input element is a float32 number that is not rounded.
    fn exact(&self) -> impl Iterator<Item = bool> {
        let inputs = self.graph.inputs.iter();
        inputs.flat_map(|input| std::iter::repeat_n(input.scales == Scales::Float32, input.elements()))
    }

    fn check(&self, sample: &[f64]) -> Result<(), InputError> {
        let (expected, found) = (self.features.len(), sample.len());
        if expected != found {
            return Err(InputError::Length { expected, found });
        }
        let is_number = |((feature, value), is_exact): &((&Feature, &f64), bool)| {
            value.is_finite() || feature.misses(**value) || (*is_exact && !value.is_nan())
        };
        match self.features.iter().zip(sample).zip(self.exact()).find(|each| !is_number(each)) {
            Some(((feature, value), _)) => {
                Err(InputError::NotFinite { feature: feature.name.clone(), value: value.to_string() })
            }
            None => Ok(()),
        }
    }

    /// The bytes of a `.assay` file.
    pub fn to_bytes(&self) -> Vec<u8> {
        artifact::encode(artifact::Kind::Circuit, self.source_digest, &self.payload())
    }

    fn payload(&self) -> Vec<u8> {
        let mut out = Writer::default();
        let mut provenance = Writer::default();
        self.provenance.write(&mut provenance);
        let provenance = provenance.finish();
        out.count(provenance.len());
        out.bytes(&provenance);
        let schema = self.schema.encode();
        // What is claimed of decisions goes with the weights that make them.
        let decisions = if self.is_committed() {
            vec![DecisionClaim::None; self.decisions.len()]
        } else {
            self.decisions.clone()
        };
        out.count(schema.len());
        out.bytes(&schema);
        features::write(&self.features, &mut out);
        encoding::write(&self.graph, &mut out);
        decision::write(&decisions, &mut out);
        out.bytes(&[match self.ranges() {
            Ranges::Bits => 0,
            Ranges::Lookup => 1,
        }]);
        out.bytes(&self.circuit.digest());
        let is_joined = self.file_inputs != file_inputs::unjoined(&self.schema);
        if is_joined || self.classes.iter().any(Option::is_some) {
            self.classes.iter().for_each(|classes| write_classes(classes.as_ref(), &mut out));
        }
        if is_joined {
            file_inputs::write(&self.file_inputs, &mut out);
        }
        out.finish()
    }

    /// Reads a `.assay` file. Every field is checked, and the circuit is built from the graph.
    ///
    /// # Errors
    /// [`DecodeError`] says which check failed.
    pub fn from_bytes(bytes: &[u8]) -> Result<CompiledModel, DecodeError> {
        let artifact = artifact::decode(artifact::Kind::Circuit, bytes)?;
        let Contents {
            provenance,
            schema,
            features,
            decisions,
            file_inputs,
            classes,
            graph,
            ranges,
            digest,
            ..
        } = read(artifact.payload)?;
        let circuit = lower::lower(&graph, &schema, ranges)?;
        if circuit.digest() != digest {
            return Err(DecodeError::CircuitDigest);
        }
        let source_digest = artifact.parent;
        let model = CompiledModel {
            schema,
            graph,
            circuit,
            features,
            decisions,
            file_inputs,
            classes,
            source_digest,
            provenance,
        };
        // A circuit without any range proof is the same either way, and is written as one by bits.
        if model.ranges() == ranges { Ok(model) } else { Err(DecodeError::CircuitDigest) }
    }

    /// What reading the file of this model leaves of its budget: it may ask for more work than its length pays for. What is read is this model.
    pub(crate) fn check_readable(&self) -> Result<Budget, DecodeError> {
        let read = read(&self.payload())?;
        // Of the options a file has what compiling again needs.
        let is_same = (&read.schema, &read.features) == (&self.schema, &self.features)
            && (&read.graph, read.ranges) == (&without_values(&self.graph), self.ranges())
            && (&read.classes, &read.file_inputs) == (&self.classes, &self.file_inputs)
            && (self.is_committed() || read.decisions == self.decisions);
        if is_same { Ok(read.left) } else { Err(DecodeError::Another) }
    }

    /// Whether the circuit takes the weights as wires.
    pub fn is_committed(&self) -> bool {
        self.graph.layers.iter().any(|layer| layer.committed.is_some())
    }

    /// Whether the claims about decisions are read as they are written.
    pub(crate) fn check_decisions(&self) -> Result<(), DecodeError> {
        let mut out = Writer::default();
        decision::write(&self.decisions, &mut out);
        let bytes = out.finish();
        let mut reader = Reader::new(&bytes);
        let options = &self.provenance.options;
        let read = decision::read(&mut reader, &self.schema, &self.graph, options)?;
        reader.finish()?;
        if read == self.decisions { Ok(()) } else { Err(DecodeError::Another) }
    }
}

/// A payload, all of it but the circuit.
struct Contents {
    provenance: Provenance,
    schema: ModelSchema,
    features: Vec<Feature>,
    decisions: Vec<DecisionClaim>,
    file_inputs: Vec<FileInput>,
    classes: Vec<Option<ClassNames>>,
    graph: QuantGraph,
    ranges: Ranges,
    digest: [u8; 32],
    /// What is left of the budget.
    left: Budget,
}

/// Takes a payload apart and spends, from the budget of its length, what building its circuit will cost.
fn read(payload: &[u8]) -> Result<Contents, DecodeError> {
    let mut reader = Reader::new(payload);
    let length = reader.count("bytes in the provenance", payload.len())?;
    let mut of_provenance = Reader::new(reader.take(length)?);
    let provenance = Provenance::read(&mut of_provenance)?;
    of_provenance.finish()?;
    let length = reader.count("bytes in the schema", assay_interface::schema::MAX_ENCODED_LEN)?;
    let schema = ModelSchema::decode(reader.take(length)?)?;
    let elements = schema.inputs().iter().map(|tensor| tensor.elements()).sum();
    let features = features::read(&mut reader, elements)?;
    check_missing(&features, &schema)?;
    check_finite(&features, &schema)?;
    let graph = encoding::read(&mut reader, &schema, &features)?;
    let decisions = decision::read(&mut reader, &schema, &graph, &provenance.options)?;
    let ranges = match reader.byte()? {
        0 => Ranges::Bits,
        1 => Ranges::Lookup,
        other => return Err(ReadError::Step(other).into()),
    };
    let digest = reader.fixed()?;
    let classes = read_classes(&mut reader, &schema)?;
    let file_inputs = file_inputs::read(&mut reader, &schema)?;
    if file_inputs.is_none() && !classes.is_empty() && classes.iter().all(Option::is_none) {
        return Err(ReadError::Classes(first_name(schema.outputs())).into());
    }
    let classes = if classes.is_empty() { vec![None; schema.outputs().len()] } else { classes };
    let file_inputs = file_inputs.unwrap_or_else(|| file_inputs::unjoined(&schema));
    let intervals = lower::check_work(&graph)?;
    let constraints = strategy::size(&graph, &intervals, &schema, ranges).constraints as u64;
    reader.spend("constraints", CONSTRAINT.saturating_mul(constraints))?;
    let left = reader.finish()?;
    Ok(Contents {
        provenance,
        schema,
        features,
        decisions,
        file_inputs,
        classes,
        graph,
        ranges,
        digest,
        left,
    })
}

fn write_classes(classes: Option<&ClassNames>, out: &mut Writer) {
    let tag = match classes {
        None => return out.bytes(&[0]),
        Some(ClassNames::Values(_)) => 1,
        Some(ClassNames::Elements(_)) => 2,
    };
    out.bytes(&[tag]);
    let names = classes.map_or(&[][..], ClassNames::names);
    out.count(names.len());
    names.iter().for_each(|name| out.text(name));
}

/// The names of classes of each output: nothing where there are none and nothing follows, so that one model has one encoding.
fn read_classes(reader: &mut Reader<'_>, schema: &ModelSchema) -> Result<Vec<Option<ClassNames>>, ReadError> {
    let outputs = schema.outputs();
    if reader.is_empty() {
        return Ok(Vec::new());
    }
    let mut classes = Vec::new();
    for output in outputs {
        let names = match reader.byte()? {
            0 => None,
            1 => Some(ClassNames::Values(features::read_names(reader, "values of a label")?)),
            2 => Some(ClassNames::Elements(features::read_names(reader, "names of elements")?)),
            _ => return Err(ReadError::Classes(output.name.clone())),
        };
        let mut letters = names.iter().flat_map(ClassNames::names).flat_map(|name| name.chars());
        let fits = !matches!(&names, Some(ClassNames::Elements(names)) if names.len() != output.elements());
        if !fits || letters.any(char::is_control) {
            return Err(ReadError::Classes(output.name.clone()));
        }
        classes.push(names);
    }
    Ok(classes)
}

fn first_name(tensors: &[TensorSchema]) -> String {
    tensors.first().map_or_else(String::new, |tensor| tensor.name.clone())
}

/// Features that have an integer where they are missing are those that the schema says so of: the statement's reader goes by that.
fn check_missing(features: &[Feature], schema: &ModelSchema) -> Result<(), ReadError> {
    let may_be =
        schema.inputs().iter().flat_map(|tensor| tensor.missing.each(&tensor.shape).take(tensor.elements()));
    let differs = |(feature, may_be): &(&Feature, bool)| (feature.missing == Some(Absent::Coded)) != *may_be;
    match features.iter().zip(may_be).find(differs) {
        Some((feature, _)) => Err(ReadError::Feature(feature.name.clone())),
        None => Ok(()),
    }
}

/// Domains have ends, but those of float32 numbers, of which infinities are some.
fn check_finite(features: &[Feature], schema: &ModelSchema) -> Result<(), ReadError> {
    let is_exact =
        |tensor: &TensorSchema| std::iter::repeat_n(tensor.scales == Scales::Float32, tensor.elements());
    let exact = schema.inputs().iter().flat_map(is_exact);
    let is_wrong = |(feature, is_exact): &(&Feature, bool)| {
        !(*is_exact || (feature.min.is_finite() && feature.max.is_finite()))
    };
    match features.iter().zip(exact).find(is_wrong) {
        Some((feature, _)) => Err(ReadError::Domain(feature.name.clone())),
        None => Ok(()),
    }
}
