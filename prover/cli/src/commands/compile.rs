//! `assay compile`: model.onnx + calibration data -> model.assay.

use std::path::{Path, PathBuf};

use anyhow::Context;
use assay_compiler::{CompiledModel, Format, Options, Report};
