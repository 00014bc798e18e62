//! Requests as values: what each one sends, held against the list of all routes. No network.

mod blank;
mod categories;
mod courses;
mod csv;
mod files;
mod groups;
mod imports;
mod keys;
mod lor;
mod memberships;
mod routes;
mod studio;
mod tables;
mod words;

use std::any::type_name;

use canvas_groups::{Endpoint, Outgoing};

/// What a request sends and expects, as text.
fn shown<E: Endpoint>(request: &E) -> String {
    let sent = Outgoing::of(request).expect("the request can be sent");
    let answer = short(type_name::<E::Response>());
    let linked = if E::ALWAYS_LINKED {
        "each page has links\n"
    } else {
        ""
    };
    format!(
        "{sent}\n\nroute {}, answers with {answer}\n{linked}",
        E::ROUTE
    )
}

/// A type's name without the paths in it.
fn short(name: &str) -> String {
    let mut words = String::new();
    for word in name.split_inclusive(|c: char| !c.is_alphanumeric() && c != ':' && c != '_') {
        words.push_str(word.rsplit("::").next().unwrap_or(word));
    }
    words
}

/// Holds the variants of a request against the snapshot with its name.
fn snapshot<const N: usize>(name: &str, variants: [String; N]) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let text = variants.join("\n");
    settings.bind(|| insta::assert_snapshot!(name.replace("::", "_"), text));
}
