//! Answers: pages, and refusals in the shapes of Canvas.

use serde_json::{Value, json};
use url::form_urlencoded;
use wiremock::{Request, ResponseTemplate};

/// Pages are small, so that there is more than one.
const MOST_ON_A_PAGE: usize = 5;

pub(super) fn ok(body: Value) -> ResponseTemplate {
    status(200, body)
}

pub(super) fn status(status: u16, body: Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(body)
}

pub(super) fn refusal(code: u16, message: &str) -> ResponseTemplate {
    status(code, json!({ "errors": [{ "message": message }] }))
}

pub(super) fn unknown() -> ResponseTemplate {
    refusal(404, "The specified resource does not exist.")
}

/// What validation finds wrong with a field.
pub(super) fn invalid(field: &str, message: &str) -> ResponseTemplate {
    let error = json!({ "attribute": field, "type": message, "message": message });
    status(400, json!({ "errors": { field: [error] } }))
}

/// One page of a list, with the `Link` header that leads to the others.
pub(super) fn page(host: &str, request: &Request, items: Vec<Value>) -> ResponseTemplate {
    let number = |key| {
        let found = request.url.query_pairs().find(|(name, _)| name == key);
        let number = found.and_then(|(_, value)| value.parse::<usize>().ok());
        number.filter(|number| *number > 0)
    };
    let page = number("page").unwrap_or(1);
    let per_page = number("per_page").unwrap_or(10).min(MOST_ON_A_PAGE);
    let last = items.len().div_ceil(per_page).max(1);
    let link = |page: usize, rel| {
        let others = request.url.query_pairs();
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(others.filter(|(key, _)| key != "page" && key != "per_page"))
            .append_pair("page", &page.to_string())
            .append_pair("per_page", &per_page.to_string())
            .finish();
        format!("<{host}{}?{query}>; rel=\"{rel}\"", request.url.path())
    };
    let mut links = vec![link(page, "current")];
    if page < last {
        links.push(link(page + 1, "next"));
    }
    links.extend([link(1, "first"), link(last, "last")]);
    let start = (page - 1).saturating_mul(per_page);
    let items: Vec<Value> = items.into_iter().skip(start).take(per_page).collect();
    ok(json!(items)).insert_header("link", links.join(","))
}
