#[test]
fn the_table_has_every_code_with_its_class() {
    let source = include_str!("../error.rs");
    let rows: Vec<(&str, &str)> = source
        .lines()
        .filter_map(|line| line.strip_prefix("/// | `")?.split_once("` | "))
        .filter_map(|(code, rest)| Some((code, rest.split_once(" |")?.0)))
        .collect();
    let given: Vec<(&str, String)> = source
        .lines()
        .filter_map(|line| line.split_once("=> (\"")?.1.split_once("\", "))
        .map(|(code, class)| {
            let class = class.trim_end_matches([',', ')']).rsplit("::").next().unwrap_or_default();
            (code, class.to_lowercase())
        })
        .collect();
    assert_eq!(rows.len(), 36);
    let given: Vec<(&str, &str)> = given.iter().map(|(code, class)| (*code, class.as_str())).collect();
    for row in &rows {
        assert!(given.contains(row), "{row:?} is documented and never given");
    }
    for row in &given {
        assert!(rows.contains(row), "{row:?} is given and not documented");
    }
}
