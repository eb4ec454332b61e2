//! NDJSON: pages while they come, answers in their order while there are any.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use futures_util::{StreamExt, stream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use crate::cli::input::{Pending, Unread};
use crate::cli::render::jsonl;

use super::answers::{Asked, Missing, Service};
use super::metrics::Turn;

/// Bytes of answers that wait for a client which sends on and does not read: many read only when
/// they have sent everything. Beyond, the client is not read from either until it does.
const AHEAD_BYTES: usize = 16 << 20;

/// The answers to a body of lines.
pub fn answers(service: Service, asked: Asked, body: Body, turn: Turn) -> Body {
    let (sender, receiver) = mpsc::unbounded_channel::<(String, OwnedSemaphorePermit)>();
    let room = Arc::new(Semaphore::new(AHEAD_BYTES));
    // Ends with the body of the answer: nothing is worked on for a client that has gone.
    let mut reader = JoinSet::new();
    reader.spawn(async move {
        let settings = service.settings();
        let threads = settings.threads;
        let lines = Lines::new(body, settings.max_body, settings.client_timeout);
        let answers = lines.stream().map(|line| answer(&service, asked.clone(), line));
        let mut answers = std::pin::pin!(answers.buffered(threads));
        while let Some(answer) = answers.next().await {
            let bytes = answer.len().min(AHEAD_BYTES) as u32;
            let permit = Arc::clone(&room).acquire_many_owned(bytes).await;
            let _ = sender.send((answer, permit.expect("nobody closes it")));
        }
    });
    let state = (receiver, reader, turn);
    Body::from_stream(stream::unfold(state, async |(mut receiver, mut reader, turn)| {
        if let Some((answer, _room)) = receiver.recv().await {
            return Some((Ok(answer), (receiver, reader, turn)));
        }
        // After a panic the answer must not look like a whole one.
        match reader.join_next().await {
            Some(Err(error)) => Some((Err(error), (receiver, reader, turn))),
            _ => None,
        }
    }))
}

async fn answer(service: &Service, asked: Asked, line: Pending) -> String {
    let source = line.source.clone();
    match service.answer(asked, line).await {
        Ok(answer) => answer,
        Err(Missing::Late) => jsonl::failed(&source, &service.late()),
        Err(Missing::Unread(Unread { source, message })) => jsonl::failed(&source, &message),
    }
}

/// The lines of a body.
struct Lines {
    body: BodyDataStream,
    limit: usize,
    patience: Duration,
    /// What has come of the body and has not been given out begins at `from`.
    bytes: Vec<u8>,
    from: usize,
    number: u64,
    ended: bool,
}

impl Lines {
    fn new(body: Body, limit: usize, patience: Duration) -> Lines {
        let body = body.into_data_stream();
        Lines { body, limit, patience, bytes: Vec::new(), from: 0, number: 0, ended: false }
    }

    fn stream(self) -> impl futures_util::Stream<Item = Pending> {
        stream::unfold(self, async |mut lines| Some((lines.next().await?, lines)))
    }

    /// The next line that is not blank, named as the command line names those of stdin.
    async fn next(&mut self) -> Option<Pending> {
        let deadline = Instant::now() + self.patience;
        loop {
            let line = self.line(deadline).await;
            self.number += 1;
            let source = format!("-:{}", self.number);
            match line {
                Ok(None) => return None,
                Ok(Some(line)) if line.trim_ascii().is_empty() => {}
                Ok(Some(line)) => return Some(Pending::line(source, line)),
                Err(message) => return Some(Unread { source, message }.into()),
            }
        }
    }

    /// The next line without its end; `None` after the last.
    async fn line(&mut self, deadline: Instant) -> Result<Option<Vec<u8>>, String> {
        let mut seen = self.from;
        let mut too_long = false;
        loop {
            let end = memchr::memchr(b'\n', &self.bytes[seen..]).map(|at| seen + at);
            let length = end.unwrap_or(self.bytes.len()) - self.from;
            too_long |= length > self.limit;
            if let Some(end) = end {
                let line = self.bytes[self.from..end].to_vec();
                self.from = end + 1;
                return if too_long { Err(self.longer()) } else { Ok(Some(line)) };
            }
            if too_long {
                self.from = self.bytes.len();
            }
            self.bytes.drain(..self.from);
            self.from = 0;
            seen = self.bytes.len();
            if self.ended {
                let line = std::mem::take(&mut self.bytes);
                return match (too_long, line.is_empty()) {
                    (true, _) => Err(self.longer()),
                    (false, empty) => Ok((!empty).then_some(line)),
                };
            }
            match timeout_at(deadline, self.body.next()).await {
                Ok(Some(Ok(piece))) => self.bytes.extend_from_slice(&piece),
                Ok(None) => self.ended = true,
                Ok(Some(Err(error))) => return Err(self.end(format!("the body: {error}"))),
                Err(_) => {
                    let seconds = self.patience.as_secs_f64();
                    return Err(
                        self.end(format!("no whole line in {seconds} s; what follows is not read"))
                    );
                }
            }
        }
    }

    fn longer(&self) -> String {
        format!("the line is longer than {} bytes", self.limit)
    }

    /// Nothing follows.
    fn end(&mut self, message: String) -> String {
        self.ended = true;
        self.bytes.clear();
        message
    }
}
