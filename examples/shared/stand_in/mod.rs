//! As much of Canvas as the examples need, on loopback: documented bodies, real state.
//!
//! Course 1 has 14 students. Ten of them are in the groups of its group set 4.

mod answers;
mod file;
mod jobs;
mod routes;
mod school;
mod shapes;
mod tags;

use std::{
    io::Write,
    sync::{Mutex, PoisonError},
};

use canvas_groups::Canvas;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers::any};

use crate::place::{Place, Result};
use school::School;

/// The token that the stand-in takes.
pub(crate) const TOKEN: &str = "stand-in-token";

/// A client of the Canvas at `place`, or of a stand-in, of which `notice` tells. The stand-in stops
/// when it is dropped.
pub(crate) async fn connect(
    place: &Place,
    mut notice: impl Write,
) -> Result<(Canvas, Option<MockServer>)> {
    let (url, token, server) = match place.given()? {
        Some((url, token)) => (url.to_owned(), token, None),
        None => {
            let server = start().await;
            let url = server.uri();
            writeln!(
                notice,
                "No CANVAS_URL is set, so this is a stand-in of Canvas on {url}.\n"
            )?;
            (url, TOKEN, Some(server))
        }
    };
    let canvas = Canvas::builder(url)
        .token(token)
        .user_agent(concat!(env!("CARGO_CRATE_NAME"), "/1.0"))
        .build()?;
    Ok((canvas, server))
}

/// Starts a stand-in.
pub(crate) async fn start() -> MockServer {
    let server = MockServer::start().await;
    let school = Shared(Mutex::new(School::new(server.uri())));
    Mock::given(any()).respond_with(school).mount(&server).await;
    server
}

struct Shared(Mutex<School>);

impl Respond for Shared {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let header = |name: &str| request.headers.get(name)?.to_str().ok();
        if header("user-agent").is_none() {
            return answers::refusal(403, "a User-Agent is mandatory");
        }
        match header("authorization") {
            Some(given) if given == format!("Bearer {TOKEN}") => {}
            given => {
                let message = match given {
                    Some(_) => "Invalid access token.",
                    None => "user authorization required",
                };
                return answers::refusal(401, message)
                    .insert_header("www-authenticate", "Bearer realm=\"canvas-lms\"");
            }
        }
        let mut school = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        routes::answer(&mut school, request)
    }
}
