//! When an apply stops by itself.

use crate::{Error, ErrorKind};

/// So many writes, all of them refused for lack of a right.
const FORBIDDEN: u32 = 5;
/// So many failures of the server or the connection in a row.
const IN_A_ROW: u32 = 5;

/// How the writes so far ended.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    is_any_allowed: bool,
    forbidden: u32,
    in_a_row: u32,
    is_locked_out: bool,
}

impl Trouble {
    /// Whether the credentials or settings of the client let no further call through.
    pub(super) fn is_locked_out(&self) -> bool {
        self.is_locked_out
    }

    /// Notes how a write ended. Returns why no further one should be sent, if so.
    pub(super) fn note(&mut self, write: Option<&Error>) -> Option<String> {
        let Some(error) = write else {
            self.is_any_allowed = true;
            self.in_a_row = 0;
            return None;
        };
        match error.kind() {
            ErrorKind::Authentication
            | ErrorKind::LoginRequired
            | ErrorKind::TokenStore
            | ErrorKind::Scope
            | ErrorKind::Masquerade
            | ErrorKind::UserAgent
            | ErrorKind::Configuration => {
                self.is_locked_out = true;
                return Some(error.to_string());
            }
            ErrorKind::Forbidden => {
                self.in_a_row = 0;
                self.forbidden += 1;
                let is_all = !self.is_any_allowed && self.forbidden >= FORBIDDEN;
                return is_all
                    .then(|| format!("{} writes, and all were refused: {error}", self.forbidden));
            }
            _ if error.is_transient() => {
                self.in_a_row += 1;
                return (self.in_a_row >= IN_A_ROW)
                    .then(|| format!("{} failures in a row: {error}", self.in_a_row));
            }
            _ => {
                self.is_any_allowed = true;
                self.in_a_row = 0;
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(trouble: &mut Trouble, kinds: &[Option<ErrorKind>]) -> Vec<bool> {
        let errors = kinds
            .iter()
            .map(|kind| kind.map(|kind| Error::new(kind, "no")));
        errors
            .map(|error| trouble.note(error.as_ref()).is_some())
            .collect()
    }

    #[test]
    fn five_refusals_stop_only_if_nothing_else_happened() {
        let forbidden = Some(ErrorKind::Forbidden);
        let found = note(&mut Trouble::default(), &[forbidden; 5]);
        assert_eq!(found, [false, false, false, false, true]);
        for other in [None, Some(ErrorKind::Invalid)] {
            let mut trouble = Trouble::default();
            note(&mut trouble, &[other]);
            assert!(!note(&mut trouble, &[forbidden; 9]).contains(&true));
        }
    }

    #[test]
    fn five_failures_stop_only_in_a_row() {
        for kind in [ErrorKind::Server, ErrorKind::Connect, ErrorKind::Timeout] {
            let mut trouble = Trouble::default();
            let four = [Some(kind); 4];
            assert!(!note(&mut trouble, &four).contains(&true));
            for other in [None, Some(ErrorKind::NotFound), Some(ErrorKind::Forbidden)] {
                note(&mut trouble, &[other]);
                assert!(!note(&mut trouble, &four).contains(&true), "{kind:?}");
            }
            assert_eq!(note(&mut trouble, &[Some(kind)]), [true]);
        }
    }

    #[test]
    fn one_refusal_of_the_credentials_stops() {
        for kind in [
            ErrorKind::Authentication,
            ErrorKind::LoginRequired,
            ErrorKind::Scope,
            ErrorKind::Configuration,
        ] {
            let mut trouble = Trouble::default();
            note(&mut trouble, &[None]);
            assert_eq!(note(&mut trouble, &[Some(kind)]), [true], "{kind:?}");
        }
    }
}
