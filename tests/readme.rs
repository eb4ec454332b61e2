//! The README shows what the commands print.

#![cfg(feature = "cli")]

use std::process::Command;

#[test]
fn the_example_in_the_readme_is_what_the_command_prints() {
    let output = Command::new(env!("CARGO_BIN_EXE_saring"))
        .args(["classify", "--format", "text", "examples/artikel.html"])
        .output()
        .expect("saring runs");
    assert!(output.status.success());
    let printed = String::from_utf8(output.stdout).expect("UTF-8");
    let readme = std::fs::read_to_string("README.md").expect("the README is there");
    let shown = readme
        .split("$ cargo run --release -- classify --format text examples/artikel.html\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .expect("the README shows the command");
    // Long lines are wrapped there.
    let words = |text: &str| text.split_whitespace().map(str::to_string).collect::<Vec<_>>();
    assert_eq!(words(&printed), words(shown));
    for gone in ["tanpa iklan", "Baca juga", "WhatsApp", "Terkini", "Bagikan", "Login"] {
        assert!(!printed.contains(gone), "{gone} is left in");
    }
}
