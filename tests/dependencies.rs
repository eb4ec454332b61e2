//! docs/dependencies.md has a row for each direct dependency of each workspace, and for nothing else.

use std::collections::BTreeSet;
use std::fs;

const WORKSPACES: [&str; 4] = [".", "fuzz", "bindings/python", "bindings/spider"];

/// The names in the tables of dependencies of a Cargo.toml, which are one per line there.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut within = false;
    for line in manifest.lines().map(str::trim) {
        if line.starts_with('[') {
            within = line.ends_with("dependencies]");
            assert!(within || !line.contains("dependencies"), "{line}: not read by this test");
        } else if let (true, false, Some((name, _))) =
            (within, line.starts_with('#'), line.split_once('='))
        {
            names.insert(name.trim().to_string());
        }
    }
    names
}

/// The names in the first column of the table.
fn rows(page: &str) -> Vec<String> {
    let cells = page.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
    let cells = cells.skip_while(|cell| *cell != "crate").skip(1);
    cells.flat_map(|cell| cell.split(", ")).map(str::to_string).collect()
}

#[test]
fn each_direct_dependency_has_a_row() {
    let mut there = BTreeSet::new();
    for workspace in WORKSPACES {
        let manifest = fs::read_to_string(format!("{workspace}/Cargo.toml")).unwrap();
        let names = dependencies(&manifest);
        assert!(names.len() >= 2, "{workspace}: {names:?}");
        there.extend(names);
    }
    // The others depend on the library.
    assert!(there.remove("saring"));
    let rows = rows(&fs::read_to_string("docs/dependencies.md").unwrap());
    let told: BTreeSet<String> = rows.iter().cloned().collect();
    assert_eq!(rows.len(), told.len(), "a crate has two rows: {rows:?}");
    let missing: Vec<_> = there.difference(&told).collect();
    let gone: Vec<_> = told.difference(&there).collect();
    assert_eq!((missing, gone), (vec![], vec![]), "without a row; with one, and no dependency");
}

#[test]
fn every_workspace_is_looked_at() {
    let is_workspace = |path: &str| {
        let manifest = fs::read_to_string(format!("{path}/Cargo.toml"));
        manifest.is_ok_and(|manifest| manifest.contains("\n[workspace]"))
    };
    let mut found = vec![".".to_string()];
    for folder in [".", "bindings"] {
        for entry in fs::read_dir(folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let path = if folder == "." { name } else { format!("{folder}/{name}") };
            found.extend(is_workspace(&path).then_some(path));
        }
    }
    found.sort();
    let mut expected = WORKSPACES.map(String::from);
    expected.sort();
    assert_eq!(found, expected);
    let deny = fs::read_to_string("scripts/deny").unwrap();
    for workspace in &WORKSPACES[1..] {
        assert!(deny.contains(workspace), "scripts/deny does not check {workspace}");
    }
}
