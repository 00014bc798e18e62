//! Where Canvas is.

use crate::end::Result;

/// The Canvas to talk to.
#[derive(clap::Args)]
pub(crate) struct Place {
    /// The address of Canvas; its access token comes from CANVAS_TOKEN.
    ///
    /// Such as https://school.instructure.com. The token is read from the environment alone, so
    /// that it stays out of the shell's history. With neither of them set, the example brings a
    /// fake Canvas.
    #[arg(long, env = "CANVAS_URL")]
    url: Option<String>,
    #[arg(skip = std::env::var("CANVAS_TOKEN").ok())]
    token: Option<String>,
}

impl Place {
    /// Address and token of a real Canvas, or `None` for a fake one.
    ///
    /// A token without an address is an error: it must not go to a fake.
    pub(crate) fn given(&self) -> Result<Option<(&str, &str)>> {
        match (filled(&self.url), filled(&self.token)) {
            (Some(url), Some(token)) => Ok(Some((url, token))),
            (None, None) => Ok(None),
            (None, _) => Err("CANVAS_URL is missing: set it too, or unset CANVAS_TOKEN".into()),
            (_, None) => Err("CANVAS_TOKEN is missing: set it to an access token".into()),
        }
    }
}

/// An option that may be left out where there is a sample: with a fake Canvas alone.
pub(crate) fn or_sample<T>(given: Option<T>, name: &str, sample: Option<T>) -> Result<T> {
    let value = given.or(sample);
    value.ok_or_else(|| format!("there is no sample for a real Canvas: give {name}").into())
}

fn filled(text: &Option<String>) -> Option<&str> {
    text.as_deref().filter(|text| !text.is_empty())
}
