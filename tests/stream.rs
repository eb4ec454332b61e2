//! `saring classify` over many pages: order, Ctrl-C, killed runs and `--resume`.
#![cfg(feature = "cli")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_saring"));
    command.arg("classify").args(args).current_dir(folder).stdin(Stdio::null());
    command
}

fn saring(folder: &Path, args: &[&str]) -> Output {
    command(folder, args).output().unwrap()
}

fn piped(folder: &Path, args: &[&str]) -> Child {
    let mut command = command(folder, args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("no signal ends the program")
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

/// A folder `in` with pages of very different size, so that threads finish out of order.
fn pages(count: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("in")).unwrap();
    for n in 0..count {
        let page = format!("<p>nomor {n}</p>").repeat(if n % 7 == 3 { 400 } else { 3 });
        fs::write(folder.path().join(format!("in/{n:03}.html")), page).unwrap();
    }
    folder
}

/// What a run that nothing disturbs writes.
fn undisturbed(folder: &Path, inputs: &[&str]) -> Vec<u8> {
    let output = saring(folder, &[inputs, &["--format", "jsonl"]].concat());
    assert_eq!((code(&output), stderr(&output)), (0, ""));
    output.stdout
}

fn sources(jsonl: &[u8]) -> Vec<String> {
    assert!(jsonl.is_empty() || jsonl.ends_with(b"\n"), "the last line is whole");
    let source = |line: &str| {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        record["source"].as_str().unwrap().to_string()
    };
    std::str::from_utf8(jsonl).unwrap().lines().map(source).collect()
}

/// The first bytes, up to the end of this line.
fn lines(jsonl: &[u8], count: usize) -> &[u8] {
    let ends = jsonl.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(at, _)| at + 1);
    &jsonl[..[0].into_iter().chain(ends).nth(count).unwrap()]
}

/// Waits until `true`.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn size(path: &Path) -> u64 {
    path.metadata().map_or(0, |file| file.len())
}

fn signal(child: &Child, name: &str) {
    let kill = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status();
    assert!(kill.unwrap().success());
}

/// `out.jsonl` and `out.jsonl.partial` in the folder.
fn files(folder: &Path) -> (PathBuf, PathBuf) {
    (folder.join("out.jsonl"), folder.join("out.jsonl.partial"))
}

const RESUME: [&str; 4] = ["in", "--output", "out.jsonl", "--resume"];

#[test]
fn any_number_of_threads_writes_the_same() {
    // More than may be under way at one time.
    let folder = pages(300);
    let alone = saring(folder.path(), &["in", "--threads", "1"]).stdout;
    let expected: Vec<String> = (0..300).map(|n| format!("in/{n:03}.html")).collect();
    assert!(sources(&alone) == expected);
    for threads in ["2", "3", "16"] {
        let output = saring(folder.path(), &["in", "--threads", threads]);
        assert_eq!(code(&output), 0);
        assert!(output.stdout == alone, "{threads} threads");
    }
}

#[test]
fn output_appears_when_it_is_complete() {
    let folder = pages(5);
    let (out, partial) = files(folder.path());
    fs::write(&out, "what was there").unwrap();
    let expected = undisturbed(folder.path(), &["in"]);
    let mut child = piped(folder.path(), &["in", "-", "--output", "out.jsonl", "--input", "jsonl"]);
    // The folder is read as JSONL, which it is not: failures are records, too.
    let mut stdin = child.stdin.take().unwrap();
    writeln!(stdin, "{{\"text\":\"satu\"}}").unwrap();
    until("a line of stdin is written", || fs::read(&partial).is_ok_and(|b| b.ends_with(b"]}\n")));
    assert_eq!(fs::read(&out).unwrap(), b"what was there");
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert_eq!((code(&output), output.stdout.len()), (3, 0));
    assert!(!partial.exists());
    assert_eq!(sources(&fs::read(&out).unwrap()).last().unwrap(), "-:1");
    // In other formats, too.
    let output = saring(folder.path(), &["in", "-o", "out.csv", "--format", "csv"]);
    assert_eq!((code(&output), stderr(&output)), (0, ""));
    let csv = saring(folder.path(), &["in", "--format", "csv"]).stdout;
    assert!(fs::read(folder.path().join("out.csv")).unwrap() == csv);
    let output = saring(folder.path(), &["in", "-o", "out.jsonl"]);
    assert_eq!((code(&output), stderr(&output)), (0, ""));
    assert!(fs::read(&out).unwrap() == expected);
}

#[test]
fn a_killed_run_is_gone_on_with() {
    let folder = pages(300);
    let (out, partial) = files(folder.path());
    // A name given twice, and a page that cannot be read.
    let inputs = ["in/003.html", "gone.html", "in", "in/003.html"];
    let expected = saring(folder.path(), &inputs);
    assert_eq!(code(&expected), 3);
    let first: Vec<&str> = inputs.into_iter().chain(["--output", "out.jsonl"]).collect();
    let again: Vec<&str> = first.iter().copied().chain(["--resume"]).collect();
    let mut killed = 0;
    for round in 1..=4 {
        let args = if round == 1 { &first } else { &again };
        let start = size(&partial);
        let mut child = command(folder.path(), args).stderr(Stdio::null()).spawn().unwrap();
        until("it writes", || size(&partial) > start + 10_000 || out.exists());
        child.kill().unwrap();
        killed += usize::from(child.wait().unwrap().code().is_none());
    }
    assert!(killed >= 3, "{killed}");
    assert!(!out.exists());
    let output = saring(folder.path(), &again);
    // The exit code is that of a run that was not killed.
    assert_eq!(code(&output), 3);
    assert!(fs::read(&out).unwrap() == expected.stdout);
    assert!(!partial.exists());
}

#[test]
fn wherever_the_file_was_cut_the_result_is_the_same() {
    let folder = pages(6);
    let (out, partial) = files(folder.path());
    let expected = undisturbed(folder.path(), &["in"]);
    let third = lines(&expected, 3).len();
    for cut in [0, 1, 11, 12, third - 1, third, third + 1, third + 400, expected.len() - 1] {
        fs::write(&partial, &expected[..cut]).unwrap();
        let output = saring(folder.path(), &RESUME);
        let whole = expected[..cut].iter().filter(|b| **b == b'\n').count();
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        assert_eq!(
            stderr(&output),
            format!("saring: {whole} inputs are in out.jsonl already\n"),
            "{cut}"
        );
        assert!(fs::read(&out).unwrap() == expected, "{cut}");
        fs::remove_file(&out).unwrap();
    }
}

#[test]
fn a_file_that_stdout_went_to_is_gone_on_with() {
    let folder = pages(6);
    let (out, partial) = files(folder.path());
    let expected = undisturbed(folder.path(), &["in"]);
    fs::write(&out, &expected[..expected.len() / 2]).unwrap();
    let output = saring(folder.path(), &RESUME);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(fs::read(&out).unwrap() == expected);
    // With everything done, nothing changes.
    let output = saring(folder.path(), &RESUME);
    assert_eq!(code(&output), 0);
    assert_eq!(stderr(&output), "saring: 6 inputs are in out.jsonl already\n");
    assert!(fs::read(&out).unwrap() == expected && !partial.exists());
    // With nothing there, it is a run like others.
    fs::remove_file(&out).unwrap();
    assert_eq!(code(&saring(folder.path(), &RESUME)), 0);
    assert!(fs::read(&out).unwrap() == expected);
}

#[test]
fn a_page_that_came_later_is_done_once() {
    let folder = pages(4);
    let (out, _) = files(folder.path());
    assert_eq!(code(&saring(folder.path(), &RESUME)), 0);
    fs::write(folder.path().join("in/001b.html"), "<p>baru</p>").unwrap();
    fs::remove_file(folder.path().join("in/002.html")).unwrap();
    let output = saring(folder.path(), &RESUME);
    assert_eq!(code(&output), 0);
    assert!(stderr(&output).contains("out.jsonl:3 is of in/002.html, which is not the next"));
    let expected = ["in/000.html", "in/001.html", "in/002.html", "in/003.html", "in/001b.html"];
    assert_eq!(sources(&fs::read(&out).unwrap()), expected);
}

#[test]
fn lines_of_stdin_are_gone_on_with() {
    let folder = pages(0);
    let (out, _) = files(folder.path());
    let text: String = (1..=9).map(|n| format!("{{\"text\":\"nomor {n}\"}}\n\n")).collect();
    let run = |args: &[&str]| {
        let mut child = piped(folder.path(), args);
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    let expected = run(&["-"]).stdout;
    fs::write(&out, lines(&expected, 4)).unwrap();
    assert_eq!(code(&run(&["-", "--output", "out.jsonl", "--resume"])), 0);
    assert!(fs::read(&out).unwrap() == expected);
}

#[test]
fn something_else_is_left_as_it_is() {
    let folder = pages(3);
    let (out, partial) = files(folder.path());
    let expected = undisturbed(folder.path(), &["in"]);
    let first = lines(&expected, 1);
    let cases: [(&[u8], &str); 4] = [
        (b"page,text,label\n", "out.jsonl:1 (byte 0): not a record"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "out.jsonl:1 (byte 0): not a record"),
        (&[first, b"{\"source\":\"in/001.html\",oops}\n"].concat(), "out.jsonl:2 (byte "),
        (&[first, b"\0\0\0\0"].concat(), "out.jsonl:2 (byte "),
    ];
    for (content, message) in cases {
        fs::write(&out, content).unwrap();
        let output = saring(folder.path(), &RESUME);
        assert_eq!(code(&output), 1);
        assert!(stderr(&output).contains(message), "{}", stderr(&output));
        assert!(fs::read(&out).unwrap() == content && !partial.exists());
    }
}

#[test]
fn what_cannot_be_gone_on_with_is_told() {
    let folder = pages(1);
    let cases: [(&[&str], &str); 4] = [
        (&["in", "--resume"], "--resume needs --output FILE"),
        (&["in", "--resume", "-o", "x", "--format", "csv"], "--resume needs --format jsonl"),
        (&["in", "--resume", "-o", "x", "--format", "html"], "--resume needs --format jsonl"),
        (&["in", "--resume", "-o", "in"], "--resume needs an ordinary file"),
    ];
    for (args, message) in cases {
        let output = saring(folder.path(), args);
        assert_eq!((code(&output), output.stdout.len()), (2, 0), "{args:?}");
        assert!(stderr(&output).contains(message), "{}", stderr(&output));
    }
    // Hours of work are not overwritten by a forgotten word.
    let (out, partial) = files(folder.path());
    let expected = undisturbed(folder.path(), &["in"]);
    fs::write(&partial, &expected).unwrap();
    let output = saring(folder.path(), &["in", "-o", "out.jsonl"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("--resume goes on from it"), "{}", stderr(&output));
    assert!(fs::read(&partial).unwrap() == expected && !out.exists());
}

#[test]
fn two_runs_do_not_write_to_one_file() {
    let folder = pages(1);
    let (_, partial) = files(folder.path());
    let mut child = piped(folder.path(), &["in", "-", "-o", "out.jsonl"]);
    until("the first writes", || size(&partial) > 0);
    for args in [&RESUME[..], &["in", "-o", "out.jsonl"]] {
        let output = saring(folder.path(), args);
        assert_eq!(code(&output), 1);
        assert!(stderr(&output).contains("another run is writing to it"), "{}", stderr(&output));
    }
    drop(child.stdin.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[cfg(unix)]
#[test]
fn devices_are_written_to_and_stay() {
    use std::os::unix::fs::FileTypeExt;
    let folder = pages(2);
    let output = saring(folder.path(), &["in", "-o", "/dev/null"]);
    assert_eq!((code(&output), stderr(&output)), (0, ""));
    assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    assert!(!Path::new("/dev/null.partial").exists());
}

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_whole_records_that_can_be_gone_on_with() {
    for name in ["INT", "TERM"] {
        let folder = pages(300);
        let (out, partial) = files(folder.path());
        let expected = undisturbed(folder.path(), &["in"]);
        // It would wait for stdin forever.
        let mut child = piped(folder.path(), &["in", "-", "--output", "out.jsonl"]);
        until("it writes", || size(&partial) > 10_000);
        signal(&child, name);
        let stdin = child.stdin.take();
        let output = child.wait_with_output().unwrap();
        drop(stdin);
        assert_eq!(code(&output), 130);
        let written = fs::read(&partial).unwrap();
        let count = sources(&written).len();
        assert!(count > 0 && expected.starts_with(&written) && !out.exists());
        assert_eq!(
            stderr(&output),
            format!(
                "saring: stopped; {count} inputs were written whole; they are in \
                 out.jsonl.partial; the same command with --resume goes on\n"
            )
        );
        assert_eq!(code(&saring(folder.path(), &RESUME)), 0);
        assert!(fs::read(&out).unwrap() == expected);
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_wait_for_stdin() {
    let mut child = piped(Path::new("."), &["-"]);
    let mut stdin = child.stdin.take().unwrap();
    writeln!(stdin, "{{\"text\":\"satu\"}}").unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    signal(&child, "INT");
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((code(&output), rest.as_str()), (130, ""));
    assert_eq!(
        stderr(&output),
        "saring: stopped; 1 inputs were written whole; to go on, name the file they are in with \
         --output FILE --resume\n"
    );
}

#[cfg(unix)]
#[test]
fn a_second_ctrl_c_ends_at_once() {
    // Nobody reads stdout, so that the first signal finds it in the middle of a write.
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.html"), "<p>kata kata</p>".repeat(20_000)).unwrap();
    let mut child = piped(folder.path(), &["a.html", "--format", "jsonl"]);
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 1000]).unwrap();
    signal(&child, "INT");
    std::thread::sleep(Duration::from_millis(300));
    assert!(child.try_wait().unwrap().is_none(), "the first lets it finish the line");
    signal(&child, "INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    drop(stdout);
}

#[test]
fn a_reader_that_leaves_is_no_failure_while_a_thread_waits() {
    let folder = pages(300);
    let mut child = piped(folder.path(), &["in", "-", "--threads", "3"]);
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 10]).unwrap();
    drop(stdout);
    // Stdin is still open.
    let stdin = child.stdin.take();
    let output = child.wait_with_output().unwrap();
    drop(stdin);
    assert_eq!((code(&output), stderr(&output)), (0, ""));
}
