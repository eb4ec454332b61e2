//! `saring label` as a process.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};

use serde_json::{Value, json};

use super::server::{Answer, read_answer};

pub struct Session {
    child: Child,
    stderr: BufReader<ChildStderr>,
    pub address: String,
    pub cookie: String,
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_saring"));
    command.arg("label").args(args).current_dir(folder);
    command
}

/// Starts the program and opens its link.
pub fn open(folder: &Path, args: &[&str]) -> Session {
    open_command(command(folder, args))
}

pub fn open_command(mut command: Command) -> Session {
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let stderr = BufReader::new(child.stderr.take().unwrap());
    let mut session = Session { child, stderr, address: String::new(), cookie: String::new() };
    let token = session.link();
    let answer = session.send(&format!("GET /?token={token}"), &[], "");
    assert_eq!(answer.status, 200, "{answer:?}");
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.ends_with("; HttpOnly; SameSite=Strict; Path=/"), "{cookie}");
    session.cookie = cookie.split(';').next().unwrap().to_string();
    session
}

impl Session {
    /// The token of the next link on stderr.
    pub fn link(&mut self) -> String {
        let mut said = String::new();
        loop {
            let start = said.len();
            assert!(self.stderr.read_line(&mut said).unwrap() > 0, "it ended: {said}");
            if let Some((_, link)) = said[start..].trim_end().split_once("http://") {
                let (address, token) = link.split_once("/?token=").expect(link);
                self.address = address.to_string();
                return token.to_string();
            }
        }
    }

    pub fn send(&self, line: &str, headers: &[&str], body: &str) -> Answer {
        let has = |name: &str| headers.iter().any(|h| h.to_lowercase().starts_with(name));
        let mut head =
            format!("{line} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
        if !has("host:") {
            head += &format!("Host: {}\r\n", self.address);
        }
        headers.iter().for_each(|header| head += &format!("{header}\r\n"));
        let mut socket = TcpStream::connect(&self.address).unwrap();
        socket.write_all(format!("{head}\r\n{body}").as_bytes()).unwrap();
        read_answer(&socket)
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send(&format!("GET {path}"), &[&format!("Cookie: {}", self.cookie)], "")
    }

    /// As a page of ours asks.
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        let headers = [
            &format!("Cookie: {}", self.cookie),
            &format!("Origin: http://{}", self.address),
            "Content-Type: application/json",
        ];
        self.send(&format!("POST {path}"), &headers.map(|header| header as &str), &body.to_string())
    }

    pub fn label(&self, page: usize, block: usize, label: &str) -> Answer {
        let edit = json!({ "page": page, "block": block, "label": label });
        self.post("/api/label", &json!({ "edits": [edit] }))
    }

    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The exit code after a signal, and what was said last.
    pub fn end(mut self, signal: &str) -> (i32, String) {
        let process = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args([&format!("-{signal}"), &process])
                .status()
                .unwrap()
                .success()
        );
        let mut said = String::new();
        self.stderr.read_to_string(&mut said).unwrap();
        (self.child.wait().unwrap().code().unwrap(), said)
    }
}
