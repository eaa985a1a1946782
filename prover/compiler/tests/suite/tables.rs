//! The forms in which pandas, NumPy and spreadsheets write a table: each is read as what it is, or refused; what cannot
//! be known is said.

use assay_compiler::calibrate::Cell;
use assay_compiler::{CompileError, CompiledModel, Options, Report, Table, Warning, compile};

use crate::builder::*;

/// A model of three values; `features` where it names them itself.
fn model(features: Option<&str>) -> Onnx {
    let onnx = Onnx::new().input("x", &[1, 3]).floats("w", &[3, 1], &[0.5, -1.0, 0.25]);
    let onnx = onnx.node("y", "Gemm", &["x", "w"], vec![]).output("y");
    features.into_iter().fold(onnx, Onnx::features)
}

const NAMED: Option<&str> = Some("ltv,age,drop");
const PLAIN: &str = "ltv,age,drop\n0.5,1.5,-1\n-0.25,0.5,2\n";

fn compiled(features: Option<&str>, csv: &str) -> Result<(CompiledModel, Report), CompileError> {
    compile(&model(features).bytes(), &Table::from_csv(csv.as_bytes())?, &Options::default())
}

fn warnings(features: Option<&str>, csv: &str) -> Vec<&'static str> {
    let (_, report) = compiled(features, csv).unwrap();
    report.warnings.iter().map(Warning::code).collect()
}

fn error(features: Option<&str>, csv: &str) -> String {
    compiled(features, csv).unwrap_err().to_string()
}

fn names(model: &CompiledModel) -> Vec<&str> {
    model.features.iter().map(|feature| feature.name.as_str()).collect()
}

#[test]
fn a_file_without_a_header_keeps_its_first_row() {
    let bare = "0.5,1.5,-1\n-0.25,0.5,2\n";
    for features in [None, NAMED] {
        let (model, report) = compiled(features, bare).unwrap();
        assert_eq!(report.samples, 2);
        assert_eq!(
            names(&model),
            if features.is_some() { ["ltv", "age", "drop"] } else { ["x[0]", "x[1]", "x[2]"] }
        );
        assert_eq!((model.features[1].min, model.features[1].max), (0.5, 1.5));
        assert_eq!(report.warnings.iter().map(Warning::code).collect::<Vec<_>>(), ["no-header"]);
    }
    // The inputs of a proof are read the same way.
    let (model, _) = compiled(NAMED, PLAIN).unwrap();
    let arranged = model.arrange(&Table::from_csv(b"0.25,1,0\n").unwrap()).unwrap();
    assert_eq!(arranged.rows, [[0.25, 1.0, 0.0]]);
    assert_eq!(
        arranged.warnings,
        [Warning::NoHeader { features: ["ltv", "age", "drop"].map(String::from).into() }]
    );
}

#[test]
fn a_first_row_that_is_partly_numbers_is_not_taken_for_names() {
    let at = "calibration data: row 1, column";
    assert_eq!(error(None, "0.5,high,-1\n1,2,3\n"), format!("{at} '2': 'high' is not a number"));
    for missing in ["0.5,,-1\n1,2,3\n", "0.5,nan,-1\n1,2,3\n"] {
        assert!(error(None, missing).starts_with(&format!("{at} 'x[1]': a value is missing, and node ")));
    }
    // Years are names, and so are the numbers that pandas gives to columns without any.
    assert_eq!(names(&compiled(None, "id,2019,2020\n1,2,3\n4,5,6\n").unwrap().0), ["id", "2019", "2020"]);
    assert_eq!(names(&compiled(None, "0,1,2\n1,2,3\n4,5,6\n").unwrap().0), ["0", "1", "2"]);
}

#[test]
fn columns_are_matched_by_name_or_refused() {
    // The header names the features, and that is said.
    assert_eq!(warnings(None, PLAIN), ["columns-by-position"]);
    assert_eq!(warnings(NAMED, PLAIN), [""; 0]);
    let (model, _) = compiled(None, PLAIN).unwrap();
    let shuffled = Table::from_csv(b"drop,ltv,age\n-1,0.5,1.5\n").unwrap();
    assert_eq!(model.arrange(&shuffled).unwrap().rows, [[0.5, 1.5, -1.0]]);
    // Names made from the tensor's are names as well.
    let elements = "x[2],x[0],x[1]\n-1,0.5,1.5\n2,-0.25,0.5\n";
    assert_eq!(warnings(None, elements), [""; 0]);
    assert_eq!(compiled(None, elements).unwrap().0.features[2].max, 2.0);
    // Some of them and others: in which order?
    let both = "calibration data: the columns are x[2], p, q, and the model's features are x[0], x[1], x[2]: they are matched by name";
    assert_eq!(error(None, "x[2],p,q\n1,2,3\n"), both);
    // A model compiled from an array has no other names.
    let rows = Table::Rows(vec![vec![0.5, 1.5, -1.0], vec![-0.25, 0.5, 2.0]]);
    let (model, _) = compile(&self::model(None).bytes(), &rows, &Options::default()).unwrap();
    let found = model.arrange(&Table::from_csv(PLAIN.as_bytes()).unwrap()).unwrap_err();
    assert_eq!(
        found.to_string(),
        "the columns are ltv, age, drop, and the model's features are x[0], x[1], x[2]: they are matched by name"
    );
}

#[test]
fn an_index_is_left_out_and_a_label_is_named() {
    let plain = compiled(None, PLAIN).unwrap().0;
    for index in ["", "Unnamed: 0", "index"] {
        let csv = format!("{index},ltv,age,drop\n7,0.5,1.5,-1\n8,-0.25,0.5,2\n");
        assert_eq!(warnings(None, &csv), ["index-column", "columns-by-position"]);
        assert_eq!(warnings(NAMED, &csv), ["index-column"]);
        let found = compiled(None, &csv).unwrap().0;
        assert_eq!(found, plain);
        // One row of the same frame.
        let row = Table::from_csv(format!("{index},ltv,age,drop\n8,-0.25,0.5,2\n").as_bytes()).unwrap();
        assert_eq!(found.arrange(&row).unwrap().rows, [[-0.25, 0.5, 2.0]]);
    }
    // What does not count is no index, and a feature is a feature whatever it is called.
    let counted = "index,ltv,age,drop\n7,1,2,3\n9,1,1,3\n";
    assert_eq!(warnings(NAMED, counted)[0], "ignored-columns");
    assert_eq!(
        error(None, counted),
        "calibration data: the data has 4 columns (index, ltv, age, drop), and the model takes 3 values: \
         leave out what is no feature, such as an index or a label"
    );
    let (model, _) = compiled(Some("index,ltv,drop"), "index,ltv,drop\n1,2,3\n2,1,1\n").unwrap();
    assert_eq!(names(&model), ["index", "ltv", "drop"]);
    // A further column.
    let labelled = "ltv,age,drop,target\n0.5,1.5,-1,1\n-0.25,0.5,2,0\n";
    assert_eq!(warnings(None, labelled), ["ignored-columns", "columns-by-position"]);
    assert_eq!(warnings(NAMED, labelled), ["ignored-columns"]);
    assert_eq!(compiled(None, labelled).unwrap().0, plain);
    let ignored = |csv: &str| {
        let table = Table::from_csv(csv.as_bytes()).unwrap();
        plain.arrange(&table).map(|found| (found.rows, found.warnings))
    };
    let warning = |columns: &[&str]| Warning::IgnoredColumns {
        columns: columns.iter().map(|&column| column.to_owned()).collect(),
    };
    assert_eq!(
        ignored("id,drop,ltv,species,age\nx7,-1,0.5,setosa,1.5\n"),
        Ok((vec![vec![0.5, 1.5, -1.0]], vec![warning(&["id", "species"])]))
    );
    // Which of five is no feature, nobody can know; text is none, and then a column that is called as targets are.
    assert_eq!(
        error(None, "a,b,c,d\n1,2,3,4\n5,6,7,9\n"),
        "calibration data: the data has 4 columns (a, b, c, d), and the model takes 3 values: \
         leave out what is no feature, such as an index or a label"
    );
    let text = ",a,b,c,species,Target\n0,1,2,3,setosa,1\n1,5,6,8,virginica,0\n";
    assert_eq!(names(&compiled(None, text).unwrap().0), ["a", "b", "c"]);
    assert_eq!(warnings(None, text), ["index-column", "ignored-columns", "columns-by-position"]);
    // A feature that is missing is missing, whatever else is there.
    assert_eq!(
        error(NAMED, "ltv,age,target\n1,2,3\n"),
        "calibration data: the columns are ltv, age, target, and the model's features are ltv, age, drop: they are matched by name"
    );
}

#[test]
fn separators_comments_and_truth_values() {
    let expected = Table::from_csv(PLAIN.as_bytes()).unwrap();
    let read = |text: &str| Table::from_csv(text.as_bytes()).unwrap();
    for form in [
        PLAIN.replace('\n', "\r\n"),
        format!("\u{feff}{PLAIN}"),
        PLAIN.replace(',', ", ") + "\n",
        PLAIN.replace(',', ";"),
        PLAIN.replace(',', "\t"),
        format!("# made by hand\n{PLAIN}"),
        PLAIN.replace("ltv", "\"ltv\""),
    ] {
        assert_eq!(read(&form), expected, "{form:?}");
    }
    // np.savetxt: the names are a comment.
    let saved = "# ltv age drop\n0.5 1.5 -1\n-0.25 0.5 2\n";
    assert_eq!(read(saved), expected);
    for no_names in ["# saved by hand, at noon\n", "# ltv age\n", "# ltv age age\n", "# 1 2 3\n", ""] {
        let saved = format!("{no_names}0.5 1.5 -1\n-0.25 0.5 2\n");
        let rows = [[0.5, 1.5, -1.0], [-0.25, 0.5, 2.0]].map(|row| row.map(Cell::Number).to_vec());
        assert_eq!(read(&saved), Table::Headerless(rows.to_vec()), "{no_names}");
    }
    let numbers = |table: Table| match table {
        Table::Columns { rows, .. } => rows
            .iter()
            .map(|row| row.iter().filter_map(Cell::number).collect::<Vec<f64>>())
            .collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(numbers(read("a,b\nTrue,false\n")), [[1.0, 0.0]]);
    assert_eq!(Table::from_json(b"[[true, 2]]").unwrap(), Table::Rows(vec![vec![1.0, 2.0]]));
    // Where no comma separates, it is the decimal sign; unless it may as well stand between thousands.
    assert_eq!(read(&PLAIN.replace(',', ";").replace('.', ",")), expected);
    assert_eq!(numbers(read("a;b\n1,234;0,5\n-2,000;1\n")), [[1.234, 0.5], [-2.0, 1.0]]);
    assert_eq!(read("0,5;1,5;-1\n"), Table::Headerless(vec![[0.5, 1.5, -1.0].map(Cell::Number).to_vec()]));
    for unclear in ["a;b\n1,234;1\n", "a;b\n1,234;0.5\n", "a;b\n1,234,567;1\n"] {
        assert_eq!(numbers(read(unclear))[0].len(), 1, "{unclear}");
    }
    assert_eq!(
        error(None, "a;b;c\n1,234;1;2\n"),
        "calibration data: row 1, column 'a': '1,234' is not a number"
    );
}

/// What pandas, ezkl and scripts write as JSON.
#[test]
fn json_of_frames_lines_and_lists() {
    let (model, _) = compiled(NAMED, PLAIN).unwrap();
    let expected = vec![vec![0.5, 1.5, -1.0], vec![-0.25, 0.5, 2.0]];
    let arranged =
        |json: &str| model.arrange(&Table::from_json(json.as_bytes()).unwrap()).map(|found| found.rows);
    for form in [
        r#"{"ltv": [0.5, -0.25], "age": [1.5, 0.5], "drop": [-1, 2]}"#,
        r#"{"ltv": {"0": 0.5, "1": -0.25}, "age": {"0": 1.5, "1": 0.5}, "drop": {"0": -1, "1": 2}}"#,
        r#"{"columns": ["drop", "ltv", "age"], "index": [0, 1], "data": [[-1, 0.5, 1.5], [2, -0.25, 0.5]]}"#,
        "{\"ltv\": 0.5, \"age\": 1.5, \"drop\": -1}\n{\"drop\": 2, \"age\": 0.5, \"ltv\": -0.25}\n",
        "[0.5, 1.5, -1]\n[-0.25, 0.5, 2]\n",
        r#"{"input_data": [[0.5, 1.5, -1, -0.25, 0.5, 2]]}"#,
        r#"{"input_data": [[0.5, 1.5, -1], [-0.25, 0.5, 2]]}"#,
    ] {
        assert_eq!(arranged(form).as_ref(), Ok(&expected), "{form}");
    }
    // Rows stand as the file has them, more than ten of them and in any order of their names.
    let row = |i: usize| [i as f64 / 16.0, 1.5, -1.0];
    let names: Vec<usize> = (0..12).map(|i| i * 5 % 12).collect();
    let column =
        |at: usize| names.iter().map(|&i| format!("\"{i}\": {}", row(i)[at])).collect::<Vec<_>>().join(", ");
    let frame =
        format!("{{\"ltv\": {{{}}}, \"age\": {{{}}}, \"drop\": {{{}}}}}", column(0), column(1), column(2));
    let expected: Vec<Vec<f64>> = names.iter().map(|&i| row(i).to_vec()).collect();
    assert_eq!(arranged(&frame).as_ref(), Ok(&expected));
    assert_eq!(arranged(&format!("{{\"inputs\": {frame}}}")).as_ref(), Ok(&expected));
    assert!(arranged(r#"{"ltv": [0.5], "age": [1.5, 0.5], "drop": [-1, 2]}"#).is_err());
    assert!(Table::from_json(br#"{"a": {"0": 1}, "b": {"1": 1}}"#).is_err());
    assert!(Table::from_json(b"{\"a\": 1}\n{\"a\": 1").is_err());
    // Text is no number, whatever it spells.
    assert!(arranged(r#"[["0.5", 1.5, -1]]"#).is_err());
}

#[test]
fn domains_of_one_value_are_warned_of() {
    let (_, report) = compiled(NAMED, "ltv,age,drop\n1,2,3\n").unwrap();
    assert!(report.warnings.contains(&Warning::OneSample { samples: 1 }), "{:?}", report.warnings);
    let (_, report) = compiled(NAMED, "ltv,age,drop\n1,2,3\n1,3,3\n").unwrap();
    let constant = Warning::ConstantFeatures { features: vec!["ltv".into(), "drop".into()] };
    assert!(report.warnings.contains(&constant), "{:?}", report.warnings);
    // Where the domain is declared, the data does not decide it.
    let table = Table::from_csv(b"ltv,age,drop\n1,2,3\n1,3,3\n").unwrap();
    let domains = [("ltv", (0.0, 2.0)), ("drop", (0.0, 4.0))].map(|(name, domain)| (name.to_owned(), domain));
    let options = Options { domains: domains.into(), ..Options::default() };
    assert!(!compile(&model(NAMED).bytes(), &table, &options).unwrap().1.warnings.contains(&constant));
}

/// A model of a fixed batch takes rows of the table together, or a row for all of them.
#[test]
fn rows_of_a_batch() {
    let onnx = Onnx::new().input("x", &[2, 2]).input("z", &[2, 1]);
    let onnx = onnx.node("c", "Concat", &["x", "z"], vec![int("axis", 1)]).node("y", "Relu", &["c"], vec![]);
    let onnx = onnx.output("y");
    let compiled = |onnx: &Onnx, csv: &str| {
        compile(&onnx.bytes(), &Table::from_csv(csv.as_bytes())?, &Options::default()).map(|(model, _)| model)
    };
    let rows = "a,b,c\n1,2,9\n3,4,8\n-1,-2,-9\n-3,-4,-8\n";
    let model = compiled(&onnx, rows).unwrap();
    assert_eq!(names(&model), ["a[0]", "b[0]", "a[1]", "b[1]", "c[0]", "c[1]"]);
    let expected = [[1.0, 2.0, 3.0, 4.0, 9.0, 8.0], [-1.0, -2.0, -3.0, -4.0, -9.0, -8.0]];
    let arranged =
        |csv: &str| model.arrange(&Table::from_csv(csv.as_bytes()).unwrap()).map(|found| found.rows);
    assert_eq!(arranged(rows).unwrap(), expected);
    assert_eq!(arranged("c,a,b\n9,1,2\n8,3,4\n").unwrap(), expected[..1]);
    assert_eq!(arranged("a[0],b[0],a[1],b[1],c[0],c[1]\n1,2,3,4,9,8\n").unwrap(), expected[..1]);
    assert_eq!(
        arranged("a,b,c\n1,2,9\n").unwrap_err().to_string(),
        "the model takes 2 rows at once, and the data has 1: give a multiple of 2"
    );
    let named = compiled(&onnx.clone().features("a,b,c"), rows).unwrap();
    assert_eq!(names(&named), names(&model));
    assert_eq!(named.features, model.features);
    let error = compiled(&onnx, "a,b\n1,2\n").unwrap_err().to_string();
    assert!(error.contains("the data has 2 columns (a, b), and the model takes 6 values"), "{error}");
}
