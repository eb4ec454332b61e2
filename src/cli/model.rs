#[derive(clap::Args)]
pub struct Args {}
pub fn run(_: &Args) -> super::RunResult { Ok(super::Outcome::Done) }
