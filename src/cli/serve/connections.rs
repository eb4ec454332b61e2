//! Connections from their acceptance to their end.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::metrics::Metrics;
use super::patient::Patient;

/// How often the signals are looked at, as elsewhere in this program.
const LOOK: Duration = Duration::from_millis(50);

/// How long a client that has been refused may go on sending, and one that has sent nothing may still
/// begin when a signal has come. Closed at once, the connection would
/// take the answer with it: the system resets one that is closed with bytes unread.
const LINGER: Duration = Duration::from_secs(2);

/// What is put up with.
pub struct Patience {
    /// Connections at the same time.
    pub connections: usize,
    /// For the head of a request, and for an answer that is not being read.
    pub client: Duration,
    /// For what is under way when a signal comes.
    pub grace: Duration,
}

/// How serving ended.
pub enum Ended {
    /// Every request that had come was answered.
    All,
    /// So many connections had one that was not, when the grace was over.
    CutOff(usize),
}

/// Answers until `stop` is set, then finishes what is under way.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    metrics: Arc<Metrics>,
    patience: &Patience,
    stop: &AtomicBool,
) -> Ended {
    let places = Arc::new(Semaphore::new(patience.connections));
    let (stopping, stopped) = watch::channel(false);
    let mut open = JoinSet::new();
    let accept = async {
        loop {
            // Who comes when all places are taken waits in the queue of the system.
            let place = Arc::clone(&places).acquire_owned().await.expect("nobody closes it");
            let socket = match listener.accept().await {
                Ok((socket, _)) => socket,
                // It went away again, or files have run out: others may have been closed soon.
                Err(_) => {
                    sleep(LOOK).await;
                    continue;
                }
            };
            while open.try_join_next().is_some() {}
            let (router, metrics, stopped) =
                (router.clone(), Arc::clone(&metrics), stopped.clone());
            let patience = patience.client;
            open.spawn(async move {
                let _place = place;
                if connection(socket, router, patience, stopped).await.is_err() {
                    metrics.connection_failed();
                }
            });
        }
    };
    let signal = async {
        while !stop.load(Ordering::SeqCst) {
            sleep(LOOK).await;
        }
    };
    tokio::select! {
        () = accept => unreachable!("it has no end"),
        () = signal => {}
    }
    // Whoever comes now is refused by the system, and can go to another server.
    drop(listener);
    stopping.send_replace(true);
    let rest = async { while open.join_next().await.is_some() {} };
    if timeout(patience.grace, rest).await.is_ok() {
        return Ended::All;
    }
    while open.try_join_next().is_some() {}
    Ended::CutOff(open.len())
}

/// Requests of one connection, one after the other.
async fn connection(
    socket: TcpStream,
    router: Router,
    patience: Duration,
    mut stopped: watch::Receiver<bool>,
) -> hyper::Result<()> {
    // An answer is written at once, and is not to wait for more to go with it.
    let _ = socket.set_nodelay(true);
    let io = TokioIo::new(Patient::new(socket, patience));
    let router = TowerToHyperService::new(router);
    let asked = Arc::new(AtomicBool::new(false));
    let asks = Arc::clone(&asked);
    let service = service_fn(move |request: Request<Incoming>| {
        asks.store(true, Ordering::SeqCst);
        Box::pin(router.call(request))
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(patience)
        .serve_connection(io, service);
    let mut end = poll_fn(|context| connection.poll_without_shutdown(context));
    let stopping = tokio::select! {
        ended = &mut end => {
            ended?;
            false
        }
        _ = stopped.wait_for(|stopped| *stopped) => true,
    };
    if stopping {
        // Closes a connection between two requests; one that has had none yet may have sent it.
        Pin::new(&mut connection).graceful_shutdown();
        let mut end = poll_fn(|context| connection.poll_without_shutdown(context));
        match timeout(LINGER, &mut end).await {
            Ok(ended) => ended?,
            Err(_) if asked.load(Ordering::SeqCst) => end.await?,
            Err(_) => return Ok(()),
        }
    }
    let mut socket = connection.into_parts().io.into_inner();
    let _ = socket.shutdown().await;
    if !stopping {
        let mut unread = [0; 4096];
        let drain = async { while socket.read(&mut unread).await.is_ok_and(|n| n > 0) {} };
        let _ = timeout(LINGER, drain).await;
    }
    Ok(())
}
