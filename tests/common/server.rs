//! `saring serve` as a process, and a client that writes and reads single bytes where it must.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

pub const NDJSON: &str = "Content-Type: application/x-ndjson";
pub const HTML: &str = "Content-Type: text/html";

pub struct Server {
    child: Child,
    pub address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_saring"));
    command.arg("serve").args(args).env_remove("SARING_TOKEN").stdin(Stdio::null());
    command
}

pub fn start(args: &[&str]) -> Server {
    start_command(command(args))
}

pub fn start_command(mut command: Command) -> Server {
    let mut child = command
        .args(["--port", "0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim_end().strip_prefix("http://").expect(&line).to_string();
    Server { child, address }
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{}", self.text()))
    }

    pub fn lines(&self) -> Vec<Value> {
        self.text().lines().map(|line| serde_json::from_str(line).expect(line)).collect()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let line =
            self.head.lines().find(|l| l.to_lowercase().starts_with(&format!("{name}: ")))?;
        line.split_once(": ").map(|(_, value)| value)
    }

    pub fn is(&self, status: u16, message: &str) {
        assert_eq!(self.status, status, "{self:?}");
        assert!(self.json()["error"].as_str().unwrap().contains(message), "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/json"));
    }
}

/// The size of the next chunk, and its bytes.
pub fn chunk(reader: &mut impl BufRead) -> Vec<u8> {
    let mut size = String::new();
    reader.read_line(&mut size).unwrap();
    let size = usize::from_str_radix(size.trim(), 16).expect(&size);
    let mut chunk = vec![0; size + 2];
    reader.read_exact(&mut chunk).unwrap();
    assert_eq!(chunk.split_off(size), b"\r\n");
    chunk
}

pub fn head(reader: &mut impl BufRead) -> (u16, String) {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(reader.read_line(&mut head).unwrap() > 0, "no whole head: {head:?}");
    }
    (head.split(' ').nth(1).unwrap().parse().unwrap(), head)
}

pub fn read_answer(socket: &TcpStream) -> Answer {
    let mut reader = BufReader::new(socket);
    let (status, head) = head(&mut reader);
    let mut answer = Answer { status, head, body: Vec::new() };
    if answer.header("transfer-encoding") == Some("chunked") {
        loop {
            let chunk = chunk(&mut reader);
            if chunk.is_empty() {
                return answer;
            }
            answer.body.extend(chunk);
        }
    }
    let length = answer.header("content-length").expect(&answer.head).parse().unwrap();
    answer.body = vec![0; length];
    reader.read_exact(&mut answer.body).unwrap();
    answer
}

impl Server {
    pub fn connect(&self) -> TcpStream {
        let socket = TcpStream::connect(&self.address).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        socket.set_write_timeout(Some(Duration::from_secs(60))).unwrap();
        socket
    }

    /// Writes the head of a request and its body up to here.
    pub fn begin(&self, line: &str, headers: &[&str], body: &[u8]) -> TcpStream {
        let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
        let head = format!("{line} HTTP/1.1\r\nHost: {}\r\n{headers}\r\n", self.address);
        let mut socket = self.connect();
        socket.write_all(head.as_bytes()).unwrap();
        socket.write_all(body).unwrap();
        socket
    }

    pub fn get(&self, path: &str) -> Answer {
        read_answer(&self.begin(&format!("GET {path}"), &[], b""))
    }

    pub fn post(&self, query: &str, headers: &[&str], body: &[u8]) -> Answer {
        let length = format!("Content-Length: {}", body.len());
        let headers = [headers, &[&length]].concat();
        read_answer(&self.begin(&format!("POST /classify{query}"), &headers, body))
    }

    pub fn metric(&self, name: &str) -> f64 {
        let answer = self.get("/metrics");
        let line = answer
            .text()
            .lines()
            .find(|l| l.strip_prefix(name).is_some_and(|r| r.starts_with(' ')));
        line.map_or(0.0, |line| line.rsplit(' ').next().unwrap().parse().unwrap())
    }

    pub fn signal(&self, name: &str) {
        let process = self.child.id().to_string();
        let kill = Command::new("kill").args([&format!("-{name}"), &process]).status();
        assert!(kill.unwrap().success());
    }

    /// The exit code and stderr.
    pub fn end(mut self) -> (i32, String) {
        let code = self.child.wait().unwrap().code().expect("no signal ends the program");
        let mut stderr = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        (code, stderr)
    }
}

pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(60), "{what}");
        thread::sleep(Duration::from_millis(10));
    }
}
