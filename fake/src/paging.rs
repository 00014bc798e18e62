//! Pages of lists, with the `Link` header that leads from one to the next.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{StatusCode, header};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::{
    http_request::HttpRequest,
    reply::{HandlerResult, Reply},
};

/// What all links of a page may have together, in bytes.
const LINK_BUDGET: usize = 6 * 1024;
const LARGEST: usize = 100;

/// A list of which one page is to be shown.
pub(crate) struct Listing<'a> {
    pub(crate) url: &'a str,
    pub(crate) http: &'a HttpRequest,
    /// The path that the links lead to.
    pub(crate) path: Cow<'a, str>,
    /// How many are on a page where nothing is said.
    pub(crate) per_page: usize,
}

impl Listing<'_> {
    /// A page of a numbered list. `items` gives those on the page, by their place in the list.
    pub(crate) fn numbered<T>(
        &self,
        total: usize,
        items: impl Iterator<Item = T>,
        show: impl FnMut(T) -> Value,
    ) -> HandlerResult {
        let page = self.number()?;
        let per_page = self.per_page();
        let last = total.div_ceil(per_page).max(1);
        let start = (page - 1).saturating_mul(per_page);
        let items: Vec<Value> = items.skip(start).take(per_page).map(show).collect();
        let mut rels = vec![("current", page.to_string())];
        if page < last {
            rels.push(("next", (page + 1).to_string()));
        }
        if page > 1 {
            rels.push(("prev", (page - 1).to_string()));
        }
        rels.push(("first", "1".to_owned()));
        rels.push(("last", last.max(page).to_string()));
        Ok(self.with_links(Reply::ok(items), &rels, per_page))
    }

    /// A page of a numbered list that the server does not count: the links do not name a last page.
    pub(crate) fn uncounted<T>(
        &self,
        mut items: impl Iterator<Item = T>,
        show: impl FnMut(T) -> Value,
    ) -> HandlerResult {
        let page = self.number()?;
        let per_page = self.per_page();
        let start = (page - 1).saturating_mul(per_page);
        let before = items.by_ref().take(start).count();
        let shown: Vec<Value> = match before == start {
            true => items.by_ref().take(per_page).map(show).collect(),
            false => Vec::new(),
        };
        let mut rels = vec![("current", page.to_string())];
        if items.next().is_some() {
            rels.push(("next", (page + 1).to_string()));
        }
        if page > 1 {
            rels.push(("prev", (page - 1).to_string()));
        }
        rels.push(("first", "1".to_owned()));
        Ok(self.with_links(Reply::ok(shown), &rels, per_page))
    }

    /// The number of the page that is asked for.
    fn number(&self) -> Result<usize, Reply> {
        match self.http.query("page") {
            None => Ok(1),
            Some(page) => match page.parse::<usize>() {
                Ok(page) if page > 0 => Ok(page),
                _ => Err(bad_page()),
            },
        }
    }

    /// A page of a list that goes on at a bookmark. The rows come in their order, which is by the
    /// name and the id of each; `show` gets the place of one in the list.
    pub(crate) fn bookmarked(
        &self,
        rows: &[(&str, u64)],
        mut show: impl FnMut(usize) -> Value,
    ) -> HandlerResult {
        let asked = self.http.query("page");
        let place = asked
            .as_deref()
            .and_then(|page| page.strip_prefix("bookmark:"));
        // An invalid bookmark silently starts the list anew.
        let after = place.and_then(|place| URL_SAFE_NO_PAD.decode(place).ok());
        let after = after.and_then(|key| serde_json::from_slice::<(String, u64)>(&key).ok());
        let start = match (&after, asked.as_deref()) {
            // The row itself may be gone by now.
            (Some((name, id)), _) => rows.partition_point(|row| *row <= (&**name, *id)),
            (None, None | Some("1" | "first")) => 0,
            (None, Some(page)) if page.parse::<u64>().is_ok() => return Err(bad_page()),
            (None, Some(_)) => 0,
        };
        let per_page = self.per_page();
        let current = match after {
            None => "first".to_owned(),
            Some(_) => asked.unwrap_or_default(),
        };
        let mut rels = vec![("current", current.clone())];
        if rows.len() > start + per_page {
            if let Some((name, id)) = rows.get(start + per_page - 1) {
                let key = URL_SAFE_NO_PAD.encode(json!([name, id]).to_string());
                rels.push(("next", format!("bookmark:{key}")));
            }
            rels.push(("first", "first".to_owned()));
        } else {
            rels.push(("first", "first".to_owned()));
            rels.push(("last", current));
        }
        let end = rows.len().min(start + per_page);
        let page: Vec<Value> = (start..end).map(&mut show).collect();
        Ok(self.with_links(Reply::ok(page), &rels, per_page))
    }

    fn per_page(&self) -> usize {
        match self.http.query("per_page") {
            None => self.per_page,
            Some(text) => text.parse::<usize>().unwrap_or(1).clamp(1, LARGEST),
        }
    }

    /// Links by priority, as long as they fit.
    fn with_links(&self, reply: Reply, rels: &[(&str, String)], per_page: usize) -> Reply {
        let mut others: Vec<_> = self
            .http
            .query_pairs()
            .filter(|(key, _)| !matches!(&**key, "page" | "per_page" | "access_token" | "api_key"))
            .collect();
        // The values of a list stay in their order.
        others.sort_by(|(one, _), (other, _)| one.cmp(other));
        let link = |page: &str| {
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.extend_pairs(&others);
            let mut query = query.finish();
            if !query.is_empty() {
                query.push('&');
            }
            // The colon of a bookmark stays as it is.
            format!(
                "{}{}?{query}page={page}&per_page={per_page}",
                self.url, self.path
            )
        };
        let mut left = LINK_BUDGET;
        let mut kept = Vec::new();
        for rel in ["next", "last", "prev", "current", "first"] {
            let Some((_, page)) = rels.iter().find(|(other, _)| *other == rel) else {
                continue;
            };
            let link = link(page);
            match left.checked_sub(link.len()) {
                Some(rest) => left = rest,
                None => break,
            }
            kept.push((rel, link));
        }
        let order = ["current", "next", "prev", "first", "last"];
        let entries: Vec<String> = order
            .iter()
            .filter_map(|rel| kept.iter().find(|(other, _)| other == rel))
            .map(|(rel, link)| format!("<{link}>; rel=\"{rel}\""))
            .collect();
        match entries.is_empty() {
            true => reply,
            false => reply.header(header::LINK, &entries.join(",")),
        }
    }
}

/// A page that is none.
fn bad_page() -> Reply {
    let error = json!({ "message": "An error occurred.", "error_code": "not_found" });
    Reply::json(StatusCode::NOT_FOUND, json!({ "errors": [error] }))
}
