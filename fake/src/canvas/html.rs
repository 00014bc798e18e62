//! HTML as Canvas would show it.

/// Elements that are kept; of others the content remains.
#[rustfmt::skip]
const KEPT: &[&str] = &[
    "a", "abbr", "audio", "b", "blockquote", "br", "caption", "cite", "code", "col", "colgroup",
    "dd", "del", "details", "div", "dl", "dt", "em", "figcaption", "figure", "h1", "h2", "h3",
    "h4", "h5", "h6", "hr", "i", "iframe", "img", "ins", "kbd", "li", "mark", "ol", "p", "pre",
    "q", "s", "samp", "section", "small", "source", "span", "strike", "strong", "sub", "summary",
    "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "track", "tt", "u", "ul", "var",
    "video",
];

/// Elements that go with all that is in them.
const DROPPED: &[&str] = &["script", "style", "noscript", "template"];

/// Attributes that are kept, beside those that begin with `aria-` or `data-`.
#[rustfmt::skip]
const ATTRIBUTES: &[&str] = &[
    "align", "allowfullscreen", "alt", "border", "class", "colspan", "controls", "dir", "height",
    "href", "id", "lang", "name", "poster", "rel", "role", "rowspan", "scope", "src", "start",
    "target", "title", "type", "width",
];

const ADDRESSES: &[&str] = &["href", "poster", "src"];

const SCHEMES: &[&str] = &["ftp", "http", "https", "mailto", "skype", "tel"];

/// Takes out what could do harm, and completes links within Canvas, which is at `url`. `place` says
/// where a file is found, by its id, if it is one of the group.
pub(crate) fn process(html: &str, url: &str, place: &dyn Fn(u64) -> Option<String>) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((text, markup)) = rest.split_once('<') {
        out.push_str(text);
        rest = if let Some(comment) = markup.strip_prefix("!--") {
            comment.split_once("-->").map_or("", |(_, after)| after)
        } else if markup.starts_with(['!', '?']) {
            markup.split_once('>').map_or("", |(_, after)| after)
        } else if let Some((tag, after)) = Tag::read(markup) {
            if tag.is_kept() {
                tag.write(&mut out, url, place);
            }
            match DROPPED.contains(&&*tag.name) && !tag.is_end {
                true => after_end_of(&tag.name, after),
                false => after,
            }
        } else {
            out.push_str("&lt;");
            markup
        };
    }
    out.push_str(rest);
    out
}

/// What follows the end tag of an element; nothing, if that does not end.
fn after_end_of<'a>(name: &str, html: &'a str) -> &'a str {
    let mut rest = html;
    while let Some((_, markup)) = rest.split_once('<') {
        match Tag::read(markup) {
            Some((tag, after)) if tag.is_end && tag.name == name => return after,
            _ => rest = markup,
        }
    }
    ""
}

#[derive(Debug)]
struct Tag<'a> {
    /// In lower case.
    name: String,
    is_end: bool,
    attributes: Vec<(String, Option<&'a str>)>,
}

impl<'a> Tag<'a> {
    /// The tag at the start of a text that follows a `<`, and what comes after it.
    fn read(markup: &'a str) -> Option<(Self, &'a str)> {
        let (is_end, markup) = match markup.strip_prefix('/') {
            Some(markup) => (true, markup),
            None => (false, markup),
        };
        if !markup.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return None;
        }
        let (name, mut rest) = part(markup, |c| c.is_whitespace() || matches!(c, '/' | '>'));
        let mut tag = Self {
            name: name.to_ascii_lowercase(),
            is_end,
            attributes: Vec::new(),
        };
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
            if let Some(after) = rest.strip_prefix('>') {
                return Some((tag, after));
            }
            if rest.is_empty() {
                return None;
            }
            // An equals sign in the first place belongs to the name.
            let start = usize::from(rest.starts_with('='));
            let ends = |c: char| c.is_whitespace() || matches!(c, '/' | '>' | '=');
            let (tail, _) = part(&rest[start..], ends);
            let (name, after) = rest.split_at(start + tail.len());
            let mut value = None;
            rest = after;
            if let Some(after) = after.trim_start().strip_prefix('=') {
                let after = after.trim_start();
                let (text, after) = match after.chars().next() {
                    Some(quote @ ('"' | '\'')) => after[1..].split_once(quote)?,
                    _ => part(after, |c| c.is_whitespace() || c == '>'),
                };
                value = Some(text);
                rest = after;
            }
            tag.attributes.push((name.to_ascii_lowercase(), value));
        }
    }

    fn is_kept(&self) -> bool {
        KEPT.contains(&&*self.name)
    }

    fn write(&self, out: &mut String, url: &str, place: &dyn Fn(u64) -> Option<String>) {
        out.push_str(if self.is_end { "</" } else { "<" });
        out.push_str(&self.name);
        for (name, value) in &self.attributes {
            let is_kept = ATTRIBUTES.contains(&&**name)
                || name.starts_with("aria-")
                || name.starts_with("data-");
            let is_address = ADDRESSES.contains(&&**name);
            if self.is_end || !is_kept || (is_address && !value.is_some_and(is_harmless)) {
                continue;
            }
            out.push(' ');
            out.extend(name.chars().filter(|c| !matches!(c, '"' | '\'' | '<')));
            let Some(value) = value else { continue };
            out.push_str("=\"");
            let moved = file_id(value, url).filter(|_| is_address).and_then(place);
            let value = moved.as_deref().unwrap_or(value);
            if is_address && value.starts_with('/') && !value.starts_with("//") {
                out.push_str(url);
            }
            out.push_str(&value.replace('"', "&quot;").replace('<', "&lt;"));
            out.push('"');
        }
        out.push('>');
    }
}

/// A text up to the first character that ends it, and the rest.
fn part(text: &str, ends: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(ends).unwrap_or(text.len()))
}

/// The id of the file to which an address leads that has `/files/7/download` or the like in it.
fn file_id(address: &str, url: &str) -> Option<u64> {
    let path = address.strip_prefix(url).unwrap_or(address);
    let path = path.split(['?', '#']).next()?.strip_prefix('/')?;
    let parts: Vec<&str> = path.split('/').collect();
    let id = match parts[..] {
        ["files", id, "download" | "preview"] | ["files", id] => id,
        [_, _, "files", id, "download" | "preview"] | [_, _, "files", id] => id,
        _ => return None,
    };
    id.parse().ok()
}

/// Whether an address is relative or of a scheme that runs nothing.
fn is_harmless(address: &str) -> bool {
    let head = address.split(['/', '?', '#']).next().unwrap_or_default();
    let head: String = head
        .chars()
        .filter(|c| !c.is_whitespace() && !c.is_control())
        .collect();
    match head.split_once(':') {
        // A scheme could be written in character references.
        _ if head.contains('&') => false,
        Some((scheme, _)) => SCHEMES.contains(&&*scheme.to_ascii_lowercase()),
        None => true,
    }
}

#[cfg(test)]
mod tests {
    fn process(html: &str, url: &str) -> String {
        super::process(html, url, &|_| None)
    }

    #[test]
    fn files_of_the_group_are_found_in_the_group() {
        let place = |id| (id == 9).then(|| "/groups/7/files/9/download?verifier=own".to_owned());
        let cases = [
            (
                "/files/9/download?verifier=x",
                "http://c/groups/7/files/9/download?verifier=own",
            ),
            (
                "http://c/files/9",
                "http://c/groups/7/files/9/download?verifier=own",
            ),
            (
                "/groups/7/files/9/preview",
                "http://c/groups/7/files/9/download?verifier=own",
            ),
            (
                "/files/8/download?verifier=x",
                "http://c/files/8/download?verifier=x",
            ),
            ("http://d/files/9/download", "http://d/files/9/download"),
        ];
        for (address, expected) in cases {
            let html = super::process(&format!("<a href=\"{address}\">"), "http://c", &place);
            assert_eq!(html, format!("<a href=\"{expected}\">"));
        }
    }

    #[test]
    fn script_is_taken_out_in_every_form() {
        let cases = [
            ("a<script>alert(1)</script>b", "ab"),
            ("a<SCRIPT src=x>1 < 2 </Script >b", "ab"),
            ("a<script>never ends", "a"),
            ("<p onclick='x()' class=\"k\">t</p>", "<p class=\"k\">t</p>"),
            ("<img src=x onerror=alert(1)>", "<img src=\"x\">"),
            ("<a href=\"javascript:x()\">t</a>", "<a>t</a>"),
            ("<a href=\" java\nscript:x()\">t</a>", "<a>t</a>"),
            ("<a href='&#106;avascript:x()'>t</a>", "<a>t</a>"),
            ("<form action=x><b>t</b></form>", "<b>t</b>"),
            ("a<!-- <b> -->b", "ab"),
            (
                "<a title='\"><script>x</script>'>t</a>",
                "<a title=\"&quot;>&lt;script>x&lt;/script>\">t</a>",
            ),
            ("<b<script>x</b>", "x</b>"),
            ("<p =x title>t", "<p title>t"),
        ];
        for (html, expected) in cases {
            assert_eq!(process(html, "http://c"), expected, "{html}");
        }
    }

    #[test]
    fn harmless_html_stays_and_links_become_whole() {
        let html = "<p>1 < 2 &amp; <a href=\"https://x.edu/?a=1&amp;b=2\">é</a></p>";
        let expected = "<p>1 &lt; 2 &amp; <a href=\"https://x.edu/?a=1&amp;b=2\">é</a></p>";
        assert_eq!(process(html, "http://c"), expected);
        let link = "<a href=\"/groups/7/wiki\">w</a><a href='//x.edu/y'>x</a>";
        let expected = "<a href=\"http://c/groups/7/wiki\">w</a><a href=\"//x.edu/y\">x</a>";
        assert_eq!(process(link, "http://c"), expected);
    }

    #[test]
    fn broken_markup_is_no_trouble() {
        for html in [
            "<",
            "</",
            "<a",
            "<a href",
            "<a href=",
            "<a href=\"",
            "<!--",
            "<=",
            "<a =",
            "é<é",
        ] {
            process(html, "");
        }
    }
}
