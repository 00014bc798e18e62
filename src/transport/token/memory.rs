//! What is overwritten in memory: the whole of it is searched.

#[path = "../../../tests/common/hidden.rs"]
mod hidden;

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use http_body::Frame;
use secrecy::ExposeSecret;

use super::*;
use hidden::Hidden;

/// A body in pieces.
struct Pieces(Vec<Bytes>);

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.pop().map(|piece| Ok(Frame::data(piece))))
    }
}

#[test]
fn the_form_that_is_sent_to_a_token_endpoint_is_overwritten_when_it_is_dropped() {
    let url = Url::parse("https://school.example/login/oauth2/token").unwrap();
    for (seed, length) in [(1_000, 64), (8_000, 900), (91_000, 20_000)] {
        let secret = Hidden::new(seed, length);
        let text = secret.written_out();
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", text.expose_secret()),
        ];
        let body = tests::call(&url, &form).body();
        let copy = body.clone();
        assert!(secret.count() >= 2, "{length}");
        drop((body, copy, text));
        assert_eq!(secret.count(), 0, "{length}");
    }
}

#[tokio::test]
async fn an_answer_with_tokens_is_overwritten_when_it_is_dropped() {
    for (seed, length) in [(2_000, 64), (9_000, 900), (92_000, 20_000)] {
        let secret = Hidden::new(seed, length);
        let text = secret.written_out();
        let piece = || Bytes::copy_from_slice(text.expose_secret().as_bytes());
        // Several, so that what was read has to grow with a secret in it.
        let body = reqwest::Body::wrap(Pieces(vec![piece(), piece(), piece()]));
        let mut response = reqwest::Response::from(http::Response::new(body));
        let read = read_secret(&mut response, Coding::Plain).await.unwrap();
        assert_eq!(read.len(), 3 * length);
        assert!(secret.count() >= 4, "{length}");
        drop((read, text, response));
        assert_eq!(secret.count(), 0, "{length}");
    }
}
