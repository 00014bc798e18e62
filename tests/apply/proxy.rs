//! What is between a program and the server: a relay that loses a call.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// What happens to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// It does not arrive, and neither does any after it.
    DeadBefore,
    /// It arrives, and neither its answer comes back nor any call after it goes out.
    DeadAfter,
    /// It arrives, its answer is lost, and the next ones go well.
    Lost,
    /// It is lost on the way, and the next ones go well.
    Dropped,
}

/// A relay on a port of its own.
#[derive(Clone)]
pub(crate) struct Relay {
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    calls: usize,
    cut: Option<(usize, Cut)>,
}

impl Relay {
    pub(crate) async fn to(url: &str) -> Self {
        let server = url.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let relay = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            state: Arc::default(),
        };
        let shared = relay.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (relay, server) = (shared.clone(), server.clone());
                tokio::spawn(async move { relay.one(client, &server).await });
            }
        });
        relay
    }

    /// Cuts the `nth` call from now on, where 1 is the next one.
    pub(crate) fn cut(&self, nth: usize, cut: Cut) {
        *self.state.lock().unwrap() = State {
            calls: 0,
            cut: Some((nth, cut)),
        };
    }

    pub(crate) fn mend(&self) {
        self.state.lock().unwrap().cut = None;
    }

    /// How many calls there were since the cut was set.
    pub(crate) fn calls(&self) -> usize {
        self.state.lock().unwrap().calls
    }

    fn fate(&self) -> Option<Cut> {
        let mut state = self.state.lock().unwrap();
        state.calls += 1;
        let (nth, cut) = state.cut?;
        match state.calls {
            call if call == nth => Some(cut),
            call if call > nth && matches!(cut, Cut::DeadBefore | Cut::DeadAfter) => {
                Some(Cut::DeadBefore)
            }
            _ => None,
        }
    }

    /// Relays the one request of a connection.
    async fn one(&self, mut client: TcpStream, server: &str) -> Option<()> {
        let request = request(&mut client).await?;
        let fate = self.fate();
        if matches!(fate, Some(Cut::DeadBefore | Cut::Dropped)) {
            return None;
        }
        let mut upstream = TcpStream::connect(server).await.ok()?;
        upstream.write_all(&request).await.ok()?;
        let mut answer = Vec::new();
        upstream.read_to_end(&mut answer).await.ok()?;
        if fate.is_none() {
            client.write_all(&answer).await.ok()?;
            client.shutdown().await.ok()?;
        }
        Some(())
    }
}

/// A request with its body, changed to be the last of its connection.
async fn request(client: &mut TcpStream) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        if client.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let text = String::from_utf8(bytes[..head].to_vec()).unwrap();
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse::<usize>().unwrap())
    });
    while bytes.len() < head + length.unwrap_or(0) {
        if client.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let (line, rest) = text.split_once("\r\n")?;
    let mut request = format!("{line}\r\nconnection: close\r\n{rest}").into_bytes();
    request.extend_from_slice(&bytes[head..]);
    Some(request)
}
