//! What a file comes to, when all its rows are read.

use super::{Read, Reader, teams::put_together};
use crate::roster::{Finding, FindingKind, Member, Severity};

impl Reader<'_> {
    pub(super) fn end(mut self) -> Read {
        let has_unreadable = self.has_unreadable;
        let has_rows = !self.teams.is_empty() || !self.without_team.is_empty();
        let mut teams = Vec::new();
        for (keys, rows) in put_together(std::mem::take(&mut self.teams)) {
            teams.push(rows.team(keys, has_unreadable, &mut self.findings));
        }
        let mut findings = self.findings.into_vec();
        let mut tell = |severity, lines: Vec<u64>, text: String| {
            let mut finding = Finding::new(severity, FindingKind::Input, text);
            finding.count = lines.len().max(1) as u64;
            finding.lines = lines.into_iter().take(5).collect();
            findings.push(finding);
        };
        let unread = self.layout.unread();
        if !unread.is_empty() {
            let unread: Vec<_> = unread.iter().map(|text| format!("`{text}`")).collect();
            let text = match &*unread {
                [one] => format!("the column {one} is not read"),
                many => format!("the columns {} are not read", many.join(", ")),
            };
            tell(Severity::Note, Vec::new(), text);
        }
        if !has_rows && !has_unreadable {
            let text = "the file names no student and no team, so nothing is changed by it";
            tell(Severity::Warning, Vec::new(), text.to_owned());
        }
        let lines = |members: &[Member]| members.iter().flat_map(|m| m.lines.clone()).collect();
        if !self.without_team.is_empty() && !self.columns.without_team_is_out {
            let text = match self.without_team.len() {
                1 => "no team is named: the row says nothing".to_owned(),
                many => format!("{many} rows name no team: they say nothing"),
            };
            tell(Severity::Note, lines(&self.without_team), text);
        }
        if !self.without_anybody.is_empty() {
            let text = match self.without_anybody.len() {
                1 => "the row names neither a student nor a team: it is left out".to_owned(),
                many => format!("{many} rows name neither a student nor a team: they are left out"),
            };
            tell(Severity::Note, self.without_anybody, text);
        }
        findings.sort_by_key(|finding| finding.severity);
        Read {
            teams,
            in_no_team: match self.columns.without_team_is_out {
                true => self.without_team,
                false => Vec::new(),
            },
            findings,
        }
    }
}
