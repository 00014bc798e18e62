//! What the fakes share: a server on loopback, faults on demand, and the journal.

use std::{
    future::poll_fn,
    io,
    net::SocketAddr,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, MutexGuard},
    task::Poll,
    time::Duration,
};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header::LOCATION};
use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    body::{Body, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinSet,
    time::sleep,
};
use url::Url;

use super::{
    faults::{Controls, Fault},
    guarded::Guarded,
    http_request::HttpRequest,
    reply::{HandlerResult, Reply},
};
use canvas_groups::{Error, ErrorKind, Result};

/// The most that a body may have, in bytes.
const BODY_LIMIT: usize = 512 * 1024 * 1024;

/// What a fake does with a request.
pub(crate) trait Site: Send + Sync + 'static {
    /// What a request takes of the quota for as long as it runs.
    type Reservation: Send + Sync;

    /// The path of the route that a request goes to.
    fn route(&self, request: &HttpRequest) -> Option<&'static str>;

    /// The path of a route as the documentation writes it, if there is one with this method and
    /// path.
    fn known(&self, method: &Method, path: &str) -> Option<&'static str>;

    /// Reserves what the request may use up, or refuses it before anything is done.
    fn reserve(&self, request: &HttpRequest) -> Result<Self::Reservation, Reply>;

    /// Lets happen what is to happen right before a request.
    fn prepare(&self, _request: &HttpRequest, _route: Option<&'static str>) {}

    /// Does what the request asks for.
    fn respond(&self, request: &HttpRequest, reservation: &Self::Reservation) -> HandlerResult;

    /// Returns what was reserved, and adds the headers that every answer has.
    fn release(
        &self,
        _request: &HttpRequest,
        _reservation: Self::Reservation,
        reply: Reply,
    ) -> Reply {
        reply
    }

    /// The refusal for a full quota.
    fn throttled(&self, request: &HttpRequest) -> Reply;
}

/// A running server. It stops when it is dropped, together with all tasks that it has started.
#[derive(Debug)]
pub(crate) struct Server<S> {
    address: SocketAddr,
    shared: Arc<Shared<S>>,
}

impl<S: Site> Server<S> {
    /// Starts to listen, on a free port where `port` is 0. `make` gets the own address first,
    /// since answers name it.
    pub(crate) async fn open(
        port: u16,
        latency: Duration,
        make: impl FnOnce(String) -> S,
    ) -> Result<Self> {
        let (listener, address) = listener(port).await.map_err(|error| {
            Error::new(
                ErrorKind::Configuration,
                format!("the fake cannot listen on port {port} of loopback: choose another port"),
            )
            .with_source(error)
        })?;
        let shared = Arc::new(Shared {
            site: Arc::new(make(format!("http://{address}"))),
            controls: Controls::default(),
            listening: Guarded::new(Some(Listening {
                listener,
                tasks: JoinSet::new(),
            })),
        });
        shared.controls.set_latency(latency);
        shared.run(shared.clone().listen());
        Ok(Self { address, shared })
    }

    /// Has a browser open an address of this server, and returns the one that it is sent on to.
    pub(crate) async fn browse(&self, url: &str) -> Result<String> {
        let own = self.url();
        let there = Url::parse(url).ok();
        let there = there.filter(|url| url.origin().ascii_serialization() == own);
        let there = there.ok_or_else(|| {
            Error::request_invalid(format!("the fake has only addresses that begin with {own}"))
        })?;
        let request = HttpRequest::of_browser(&there);
        let reply = self.shared.perform(&request).await.ok_or_else(|| {
            let text = "the browser got no answer, as a fault demands";
            Error::new(ErrorKind::Interrupted, text)
        })?;
        let to = reply.headers.iter().find(|(name, _)| name == LOCATION);
        if let Some(Ok(to)) = to.map(|(_, to)| to.to_str()) {
            return Ok(to.to_owned());
        }
        let (status, _, page) = reply.bytes();
        let page = String::from_utf8_lossy(&page).into_owned();
        Err(Error::new(ErrorKind::Invalid, page).answered_with(status))
    }

    /// Plans a fault for a route written like `GET groups/:group_id`.
    pub(crate) fn plan(&self, route: &str, times: usize, fault: Fault) -> Result<()> {
        let known = |method: &_, path: &_| self.site().known(method, path);
        self.controls().plan(route, times, fault, known)
    }
}

impl<S> Server<S> {
    /// Such as `http://127.0.0.1:40123`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn site(&self) -> &Arc<S> {
        &self.shared.site
    }

    pub(crate) fn controls(&self) -> &Controls {
        &self.shared.controls
    }
}

impl<S> Drop for Server<S> {
    fn drop(&mut self) {
        let listening = self.shared.listening().take();
        // The lock is free by now, for what ends here.
        drop(listening);
    }
}

/// What the tasks of a server share.
#[derive(Debug)]
struct Shared<S> {
    site: Arc<S>,
    controls: Controls,
    /// `None` once the server is dropped: no connection is accepted and no task started any more.
    listening: Guarded<Option<Listening>>,
}

#[derive(Debug)]
struct Listening {
    listener: TcpListener,
    /// They are aborted when this is dropped.
    tasks: JoinSet<()>,
}

impl<S> Shared<S> {
    fn listening(&self) -> MutexGuard<'_, Option<Listening>> {
        self.listening.lock()
    }

    /// Does something that ends with the server at the latest.
    fn run(&self, task: impl Future<Output = ()> + Send + 'static) {
        if let Some(Listening { tasks, .. }) = &mut *self.listening() {
            while tasks.try_join_next().is_some() {}
            tasks.spawn(task);
        }
    }
}

async fn listener(port: u16) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

impl<S: Site> Shared<S> {
    async fn listen(self: Arc<Self>) {
        while let Some(accepted) = self.accept().await {
            if let Ok(stream) = accepted {
                self.run(self.clone().serve(stream));
            }
        }
    }

    /// The next connection; `None` when the server is gone.
    async fn accept(&self) -> Option<io::Result<TcpStream>> {
        poll_fn(|context| match &*self.listening() {
            Some(listening) => listening
                .listener
                .poll_accept(context)
                .map_ok(|(stream, _)| stream)
                .map(Some),
            None => Poll::Ready(None),
        })
        .await
    }

    async fn serve(self: Arc<Self>, stream: TcpStream) {
        let _ = stream.set_nodelay(true);
        let service = service_fn(move |request| self.clone().handle(request));
        // The client decides how and when a connection ends: an idle one is kept open.
        let _ = http1::Builder::new()
            .header_read_timeout(None)
            .serve_connection(TokioIo::new(stream), service)
            .await;
    }

    async fn handle(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, Dropped> {
        let (parts, body) = request.into_parts();
        let too_large = || Ok(outgoing(Reply::empty(StatusCode::PAYLOAD_TOO_LARGE)));
        if body.size_hint().lower() > BODY_LIMIT as u64 {
            return too_large();
        }
        let body = match Limited::new(body, BODY_LIMIT).collect().await {
            Ok(body) => body.to_bytes(),
            Err(_) => return too_large(),
        };
        let request = HttpRequest::read(parts, body).await;
        let (tell, told) = oneshot::channel();
        let shared = self.clone();
        // A task of its own: what was asked for is done, though the client may have left.
        self.run(async move {
            let _ = tell.send(shared.perform(&request).await);
        });
        told.await.unwrap_or(None).map(outgoing).ok_or(Dropped)
    }

    /// Does what the request asks for, or has what was planned for it happen; `None` for no answer.
    async fn perform(&self, request: &HttpRequest) -> Option<Reply> {
        let Self { site, controls, .. } = self;
        let route = site.route(request);
        let entry = controls.journal().begin(request, route);
        if !controls.pass().await {
            controls.journal().end(entry, None);
            return None;
        }
        let reply = match site.reserve(request) {
            Err(refusal) => refusal,
            Ok(reservation) => {
                let fault = controls.fault(request.verb(), route);
                let delay = fault.as_ref().map_or(Duration::ZERO, Fault::delay);
                sleep(controls.latency().saturating_add(delay)).await;
                let is_silent = matches!(fault, Some(Fault::Drop | Fault::Lose));
                let reply = caught(|| {
                    site.prepare(request, route);
                    match &fault {
                        Some(Fault::Drop) => Ok(Reply::empty(StatusCode::NO_CONTENT)),
                        Some(Fault::Throttle) => Ok(site.throttled(request)),
                        Some(Fault::Answer { status, body }) => Ok(Reply::faked(*status, body)),
                        Some(Fault::Lose | Fault::Delay(_)) | None => {
                            site.respond(request, &reservation)
                        }
                    }
                });
                let reply = reply.unwrap_or_else(|refusal| refusal);
                let reply = site.release(request, reservation, reply);
                if is_silent {
                    controls.journal().end(entry, None);
                    return None;
                }
                reply
            }
        };
        controls.journal().end(entry, Some(reply.status));
        Some(reply)
    }
}

/// Does what a test has its code in, such as a route of its own. Where that panics, the client hears
/// why; a connection that breaks would say nothing.
fn caught(work: impl FnOnce() -> HandlerResult) -> HandlerResult {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<&str>().copied();
        let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        let text = format!("panicked on this request: {}", text.unwrap_or("no text"));
        Err(Reply::text(StatusCode::INTERNAL_SERVER_ERROR, text))
    })
}

/// The connection is closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection is closed without an answer")]
struct Dropped;

fn outgoing(reply: Reply) -> Response<Full<Bytes>> {
    let (status, headers, body) = reply.bytes();
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    for (name, value) in headers {
        response.headers_mut().append(name, value);
    }
    response
}
