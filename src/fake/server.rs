//! What the fakes share: a server on loopback, faults on demand, and the journal.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::{AbortHandle, JoinSet},
    time::sleep,
};

use super::{
    call::Call,
    faults::{Controls, Fault},
    reply::Reply,
};
use crate::error::{Error, ErrorKind, Result};

/// The most that a body may have, in bytes.
const BODY_LIMIT: usize = 512 * 1024 * 1024;

/// What a fake does with a request.
pub(crate) trait Site: Send + Sync + 'static {
    /// What a request takes for as long as it runs.
    type Place: Send;

    /// The route of a call, as the documentation writes it.
    fn route(&self, call: &Call) -> Option<&'static str>;

    /// Lets the call in, or refuses it before anything is done.
    fn admit(&self, call: &Call) -> Result<Self::Place, Reply>;

    /// Does what the call asks for.
    fn answer(&self, call: &Call) -> Reply;

    /// Gives the place back, and adds the headers that every answer has.
    fn leave(&self, call: &Call, place: Self::Place, reply: Reply) -> Reply;

    /// The refusal for a full quota.
    fn throttled(&self, call: &Call) -> Reply;
}

/// A running server. Dropped, it is gone.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    task: AbortHandle,
}

impl Server {
    /// Starts to listen, on a free port where `port` is 0. `make` gets the own address first,
    /// since answers name it.
    pub(crate) async fn open<S: Site>(
        port: u16,
        controls: Arc<Controls>,
        make: impl FnOnce(String) -> S,
    ) -> Result<(Self, Arc<S>)> {
        let (listener, address) = listener(port).await.map_err(|error| {
            Error::new(
                ErrorKind::Configuration,
                format!("the fake cannot listen on port {port} of loopback"),
            )
            .with_source(error)
        })?;
        let site = Arc::new(make(format!("http://{address}")));
        let task = tokio::spawn(listen(listener, site.clone(), controls)).abort_handle();
        Ok((Self { address, task }, site))
    }

    /// Such as `http://127.0.0.1:40123`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn listener(port: u16) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Takes connections until it is aborted, and they with it.
async fn listen<S: Site>(listener: TcpListener, site: Arc<S>, controls: Arc<Controls>) {
    let mut connections = JoinSet::new();
    let work = Work::default();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    connections.spawn(serve(stream, site.clone(), controls.clone(), work.clone()));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve<S: Site>(stream: TcpStream, site: Arc<S>, controls: Arc<Controls>, work: Work) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let (site, controls, work) = (site.clone(), controls.clone(), work.clone());
        attend(site, controls, work, request)
    });
    // How a connection ends is the client's affair.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// The connection is closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection is dropped on demand")]
struct Dropped;

/// The requests in work. They go on where a client does not wait, and end with the server.
type Work = Arc<Mutex<JoinSet<()>>>;

async fn attend<S: Site>(
    site: Arc<S>,
    controls: Arc<Controls>,
    work: Work,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Dropped> {
    let (parts, body) = request.into_parts();
    let body = match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => return Ok(outgoing(Reply::empty(StatusCode::PAYLOAD_TOO_LARGE))),
    };
    let call = Call::read(parts, body).await;
    let (sender, answer) = oneshot::channel();
    {
        let mut work = work.lock().unwrap_or_else(PoisonError::into_inner);
        while work.try_join_next().is_some() {}
        work.spawn(async move {
            let reply = work_on(&*site, &controls, call).await;
            // Who asked may be gone by now.
            let _ = sender.send(reply);
        });
    }
    answer.await.map_err(|_| Dropped)?.map(outgoing)
}

async fn work_on<S: Site>(site: &S, controls: &Controls, call: Call) -> Result<Reply, Dropped> {
    let route = site.route(&call);
    let entry = controls.record(&call, route);
    let reply = match site.admit(&call) {
        Err(refusal) => refusal,
        Ok(place) => {
            let fault = controls.fault(&call.method, route);
            let delay = fault.as_ref().map_or(Duration::ZERO, Fault::delay);
            sleep(controls.latency().saturating_add(delay)).await;
            let reply = match &fault {
                Some(Fault::Drop) => Reply::empty(StatusCode::OK),
                Some(Fault::Throttle) => site.throttled(&call),
                Some(Fault::Answer { status, body }) => Reply::faked(*status, body),
                Some(Fault::Lose | Fault::Delay(_)) | None => site.answer(&call),
            };
            let reply = site.leave(&call, place, reply);
            if matches!(fault, Some(Fault::Drop | Fault::Lose)) {
                return Err(Dropped);
            }
            reply
        }
    };
    controls.settle(entry, reply.status);
    Ok(reply)
}

fn outgoing(reply: Reply) -> Response<Full<Bytes>> {
    let (status, headers, body) = reply.bytes();
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    for (name, value) in headers {
        response.headers_mut().append(name, value);
    }
    response
}
