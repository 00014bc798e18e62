//! The Canvas that an example talks to: the one that is named, or a fake one.

use std::io::Write;

use canvas_groups::Canvas;
use canvas_groups_fake::{FakeCanvas, School, SmallSchool};

use crate::{end::Result, place::Place};

/// A fake Canvas, gone when this is dropped, and what is in it.
pub(crate) struct Sample {
    pub(crate) school: SmallSchool,
    _fake: FakeCanvas,
}

/// A client of the Canvas at `place`, or of a fake one, of which `notice` tells.
pub(crate) async fn connect(place: &Place, notice: impl Write) -> Result<(Canvas, Option<Sample>)> {
    connect_at(place, 0, notice).await
}

/// The same, with the fake on a port; 0 stands for any that is free.
pub(crate) async fn connect_at(
    place: &Place,
    port: u16,
    mut notice: impl Write,
) -> Result<(Canvas, Option<Sample>)> {
    let (url, token, sample) = match place.given()? {
        Some((url, token)) => (url.to_owned(), token.to_owned(), None),
        None => {
            let (content, school) = School::small();
            let fake = FakeCanvas::builder(content).port(port).start().await?;
            let (url, token) = (fake.url(), fake.token().to_owned());
            writeln!(
                notice,
                "No CANVAS_URL is set, so this is a fake Canvas on {url}.\n"
            )?;
            let sample = Sample {
                school,
                _fake: fake,
            };
            (url, token, Some(sample))
        }
    };
    let canvas = Canvas::builder(url)
        .token(token)
        .user_agent(concat!(env!("CARGO_CRATE_NAME"), "/1.0"))
        .build()?;
    Ok((canvas, sample))
}
