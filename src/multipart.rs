//! Bodies of type `multipart/form-data`: everything but the content of the file.

use crate::error::{Error, Result};

/// A form that is being built: fields first, the file last.
#[derive(Debug)]
pub(crate) struct MultipartForm {
    boundary: String,
    head: Vec<u8>,
}

impl MultipartForm {
    pub(crate) fn new(boundary: String) -> Self {
        Self {
            boundary,
            head: Vec::new(),
        }
    }

    /// Adds a field.
    pub(crate) fn field(&mut self, name: &str, value: &str) {
        let name = quoted(name);
        self.open(&format!("form-data; name={name}"), None);
        self.head.extend_from_slice(value.as_bytes());
        self.head.extend_from_slice(b"\r\n");
    }

    /// Begins the file, whose content follows the head.
    pub(crate) fn begin_file(&mut self, name: &str, file_name: &str, content_type: &str) {
        let (name, file_name) = (quoted(name), quoted(file_name));
        self.open(
            &format!("form-data; name={name}; filename={file_name}"),
            Some(content_type),
        );
    }

    fn open(&mut self, disposition: &str, content_type: Option<&str>) {
        let mut lines = format!(
            "--{}\r\nContent-Disposition: {disposition}\r\n",
            self.boundary
        );
        if let Some(content_type) = content_type {
            lines.push_str(&format!("Content-Type: {content_type}\r\n"));
        }
        self.head.extend_from_slice(lines.as_bytes());
        self.head.extend_from_slice(b"\r\n");
    }

    /// The `Content-Type` of the whole.
    pub(crate) fn content_type(&self) -> String {
        format!("multipart/form-data; boundary={}", self.boundary)
    }

    /// What comes before the content of the file and what comes after it.
    pub(crate) fn around_file(self) -> (Vec<u8>, Vec<u8>) {
        let end = format!("\r\n--{}--\r\n", self.boundary);
        (self.head, end.into_bytes())
    }

    /// The fields and the end of a form that has no file.
    pub(crate) fn without_file(self) -> (Vec<u8>, Vec<u8>) {
        let end = format!("--{}--\r\n", self.boundary);
        (self.head, end.into_bytes())
    }
}

/// A boundary for known content: always the same for the same content, and not part of it.
pub(crate) fn boundary_for(content: &[u8]) -> String {
    let mut boundary = "canvas-groups-form".to_owned();
    let mut number = 0_u32;
    while contains(content, boundary.as_bytes()) {
        number += 1;
        boundary = format!("canvas-groups-form-{number}");
    }
    boundary
}

/// A boundary for content that is not known yet, which nobody can guess: it is from the randomness
/// of the operating system.
pub(crate) fn random_boundary() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| {
        Error::configuration("the operating system provides no random numbers").with_source(error)
    })?;
    Ok(format!("canvas-groups-{:032x}", u128::from_ne_bytes(bytes)))
}

fn contains(content: &[u8], text: &[u8]) -> bool {
    content.windows(text.len()).any(|window| window == text)
}

/// A name as browsers quote it in a form.
fn quoted(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 2);
    text.push('"');
    for character in name.chars() {
        match character {
            '"' => text.push_str("%22"),
            '\r' => text.push_str("%0D"),
            '\n' => text.push_str("%0A"),
            other => text.push(other),
        }
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_byte_for_byte() {
        let mut form = MultipartForm::new("b".into());
        form.field("key", "a\r\nb");
        form.begin_file("fi\"le", "ü\r\n.txt", "text/plain");
        assert_eq!(form.content_type(), "multipart/form-data; boundary=b");
        let (head, tail) = form.around_file();
        assert_eq!(
            String::from_utf8(head).unwrap(),
            "--b\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\na\r\nb\r\n\
             --b\r\nContent-Disposition: form-data; name=\"fi%22le\"; filename=\"ü%0D%0A.txt\"\r\n\
             Content-Type: text/plain\r\n\r\n"
        );
        assert_eq!(tail, b"\r\n--b--\r\n");

        let mut form = MultipartForm::new("b".into());
        form.field("key", "");
        let (head, tail) = form.without_file();
        let head = String::from_utf8(head).unwrap();
        assert_eq!(
            head,
            "--b\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\n\r\n"
        );
        assert_eq!(tail, b"--b--\r\n");
    }

    #[test]
    fn a_boundary_is_not_in_the_content() {
        let first = boundary_for(b"");
        let content = format!("x{first}y{first}-1z");
        let other = boundary_for(content.as_bytes());
        assert!(!contains(content.as_bytes(), other.as_bytes()), "{other}");
    }

    #[test]
    fn a_random_boundary_does_not_come_from_a_seed() {
        // The same seed for whatever is seeded, as a clock would give it twice.
        let boundaries = [7, 7, 7].map(|seed| {
            fastrand::seed(seed);
            random_boundary().unwrap()
        });
        let all: std::collections::BTreeSet<_> = boundaries.iter().collect();
        assert_eq!(all.len(), 3, "{boundaries:?}");
        assert!(boundaries.iter().all(|boundary| boundary.len() == 46));
    }
}
