//! Every program of the list is shown.

#[test]
fn every_program_is_shown_in_a_scenario_and_every_scenario_shows_one() {
    let programs = assay_programs::identities();
    for program in &programs {
        assert!(assay_demo::of(program.name).is_some(), "{} has no scenario", program.name);
    }
    for (name, _) in assay_demo::ALL {
        assert!(programs.iter().any(|program| program.name == name), "{name} is no program");
        assert_eq!(assay_demo::of(name).map(|(name, _)| name), Some(name));
    }
    assert!(assay_demo::of("nothing").is_none());
}
