//! Plans as text for people.

use std::{collections::HashMap, fmt};

use super::{
    Before, Change, NewTeam, Plan, PlanTeam, Severity, Step, TeamAt, Totals,
    finding::{counted, one_line},
};
use crate::{GroupId, UserId};

/// The names of teams and people.
struct Names<'a> {
    plan: &'a Plan,
    teams: HashMap<GroupId, &'a PlanTeam>,
    new: HashMap<NewTeam, &'a str>,
    /// How many teams have a name: of two with one name the ids are told.
    named: HashMap<&'a str, u64>,
}

impl<'a> Names<'a> {
    fn of(plan: &'a Plan) -> Self {
        let mut named: HashMap<&str, u64> = HashMap::new();
        let mut new = HashMap::new();
        for team in &plan.teams {
            *named.entry(&team.name).or_default() += 1;
        }
        for step in &plan.steps {
            if let Change::Make(make) = &step.change {
                new.insert(make.team(), &*make.name);
                *named.entry(&make.name).or_default() += 1;
            }
        }
        Self {
            plan,
            teams: plan.teams.iter().map(|team| (team.group, team)).collect(),
            new,
            named,
        }
    }

    fn group(&self, group: GroupId) -> String {
        match self.teams.get(&group) {
            None => format!("group {group}"),
            Some(team) if self.named.get(&*team.name).is_some_and(|count| *count > 1) => {
                format!("{} ({group})", team.name)
            }
            Some(team) => team.name.clone(),
        }
    }

    fn team(&self, team: &TeamAt) -> String {
        match team {
            TeamAt::Group(group) => self.group(*group),
            TeamAt::New(new @ NewTeam::Sis(id)) => self
                .new
                .get(new)
                .map_or(id.clone(), |name| (*name).to_owned()),
            TeamAt::New(NewTeam::Name(name)) => name.clone(),
        }
    }

    fn from(&self, before: &Before) -> String {
        let teams: Vec<_> = before.teams.iter().map(|team| self.group(*team)).collect();
        match teams.is_empty() {
            true => "(none)".to_owned(),
            false => teams.join(" and "),
        }
    }

    fn person(&self, user: UserId) -> String {
        let person = self.plan.people.get(&user);
        let key = person.and_then(|person| person.key.clone());
        let key = key.unwrap_or_else(|| format!("user {user}"));
        match person.map(|person| &*person.name) {
            None | Some("") => key,
            Some(name) => format!("{key} {name}"),
        }
    }
}

/// One line of a plan.
struct Row {
    sign: char,
    what: String,
    change: String,
}

impl Row {
    fn new(sign: char, what: impl Into<String>, change: impl Into<String>) -> Self {
        Self {
            sign,
            what: one_line(&what.into()),
            change: one_line(&change.into()),
        }
    }
}

fn rows(step: &Step, names: &Names<'_>) -> Vec<Row> {
    let placed = |before: &Before, to: &TeamAt| {
        let change = format!("{} -> {}", names.from(before), names.team(to));
        Row::new('>', names.person(before.user), change)
    };
    let place = |place: &super::Place| placed(&place.before, &place.to);
    match &step.change {
        Change::MakeSet(set) => vec![Row::new('+', format!("Group set \"{}\"", set.name), "made")],
        Change::Rename(rename) => {
            let change = format!("renamed to {}", rename.to);
            vec![Row::new('~', names.group(rename.group), change)]
        }
        Change::Adopt(adopt) => {
            let change = format!("gets the SIS id {}", adopt.sis_id);
            vec![Row::new('~', names.group(adopt.group), change)]
        }
        Change::Make(make) => {
            let id = make.sis_id.as_ref().map(|id| format!(" ({id})"));
            let what = format!("{}{}", make.name, id.unwrap_or_default());
            let people = counted(make.people.len() as u64, "student", "students");
            let made = Row::new('+', what, people);
            let team = TeamAt::New(make.team());
            // Who had no team before is told by the number alone.
            let moved = make.people.iter();
            let moved = moved.filter(|before| !before.teams.is_empty());
            std::iter::once(made)
                .chain(moved.map(|before| placed(before, &team)))
                .collect()
        }
        Change::Limit(limit) => {
            let from = limit
                .from
                .map_or("no limit".to_owned(), |from| format!("limit {from}"));
            let change = format!("{from} -> {}", limit.to);
            vec![Row::new('~', names.group(limit.group), change)]
        }
        Change::Place(step) => vec![place(step)],
        Change::Remove(remove) => {
            let people = remove.people.iter();
            let gone = people.map(|before| {
                let stays = before.teams.iter().filter(|team| **team != remove.from);
                let stays: Vec<_> = stays.map(|team| names.group(*team)).collect();
                let to = match stays.is_empty() {
                    true => "(none)".to_owned(),
                    false => stays.join(" and "),
                };
                let change = format!("{} -> {to}", names.from(before));
                Row::new('-', names.person(before.user), change)
            });
            gone.collect()
        }
        Change::Turn(turn) => turn.moves.iter().map(place).collect(),
        Change::Lead(lead) => {
            let change = format!("led by {}", names.person(lead.to));
            vec![Row::new('~', names.team(&lead.team), change)]
        }
        Change::Delete(delete) => vec![Row::new('x', names.group(delete.group), "deleted")],
        Change::Tags(tags) => {
            let new_set = tags.new_set.iter();
            let new_set = new_set.map(|name| Row::new('+', format!("Tag set \"{name}\""), "made"));
            let created = tags.create.iter().map(|name| Row::new('+', name, "made"));
            let renamed = tags.rename.iter().map(|rename| {
                let change = format!("renamed to {}", rename.to);
                Row::new('~', names.group(rename.group), change)
            });
            let deleted = tags.delete.iter();
            let deleted = deleted.map(|delete| Row::new('x', names.group(delete.group), "deleted"));
            new_set
                .chain(created)
                .chain(renamed)
                .chain(deleted)
                .collect()
        }
        Change::Give(give) => {
            let people = give.people.iter();
            let tag = names.team(&give.tag);
            people
                .map(|user| Row::new('>', names.person(*user), format!("gets {tag}")))
                .collect()
        }
        Change::Take(take) => {
            let people = take.people.iter();
            let tag = names.group(take.tag);
            people
                .map(|user| Row::new('-', names.person(*user), format!("loses {tag}")))
                .collect()
        }
    }
}

/// The same in words, for the last line.
fn summary(totals: &Totals, is_tags: bool) -> String {
    let (team, teams) = if is_tags {
        ("tag", "tags")
    } else {
        ("team", "teams")
    };
    let some = |count: u64, text: String| (count > 0).then_some(text);
    let n = |count: u64, what: &str| some(count, format!("{count} {what}"));
    let of_teams =
        |count, what: &str| some(count, format!("{} {what}", counted(count, team, teams)));
    let list = |parts: Vec<Option<String>>| {
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    };
    let of_sets = list(vec![
        some(totals.sets_made, "the set made".to_owned()),
        of_teams(totals.teams_made, "made"),
        of_teams(totals.renamed, "renamed"),
        of_teams(totals.adopted, "with a new SIS id"),
        some(
            totals.limits,
            counted(totals.limits, "limit", "limits") + " set",
        ),
        some(
            totals.leaders,
            counted(totals.leaders, "leader", "leaders") + " set",
        ),
        of_teams(totals.deleted, "deleted"),
    ]);
    let (placed, removed) = match is_tags {
        true => ("given", "taken"),
        false => ("placed", "removed"),
    };
    let of_people = list(vec![
        n(totals.placed, placed),
        n(totals.moved, "moved"),
        n(totals.removed, removed),
    ]);
    let unlisted = of_teams(totals.unlisted, "not listed, left alone");
    let unlisted = unlisted.map(|text| {
        let students = counted(totals.in_unlisted, "student", "students");
        format!("{text} ({students})")
    });
    let unchanged = (!is_tags).then(|| format!("{} as they are", totals.unchanged));
    let nothing = totals.writes == 0;
    let parts = [
        nothing.then(|| "nothing to change".to_owned()),
        of_sets,
        of_people,
        unchanged,
        unlisted,
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

fn cost(totals: &Totals) -> String {
    if totals.writes == 0 {
        return "No calls.".to_owned();
    }
    let calls = counted(totals.writes, "call", "calls");
    let time = match totals.seconds {
        0 | 1 => "about a second".to_owned(),
        seconds @ 2..=119 => format!("about {seconds} seconds"),
        seconds => format!("about {} minutes", seconds.div_ceil(60)),
    };
    let notified = match totals.notices {
        0 => "no student is notified".to_owned(),
        1 => "at most 1 student is notified".to_owned(),
        many => format!("at most {many} students are notified"),
    };
    format!(
        "{calls} and {} to verify, {time}; {notified}.",
        totals.verifications
    )
}

fn head(plan: &Plan) -> String {
    let kind = if plan.is_tags { "Tag set" } else { "Group set" };
    let id = plan.set.map_or("new".to_owned(), |set| set.to_string());
    let read = plan.taken_at.strftime("%Y-%m-%d %H:%M:%S UTC");
    let name = one_line(&plan.set_name);
    format!(
        "{kind} \"{name}\" ({id}), course {}. Read {read}.",
        plan.course
    )
}

/// The dry run: what would be done, what is wrong, and what it comes to. Signs: `+` made, `>` placed
/// or moved, `-` removed, `~` changed, `x` deleted, `!!` an error, `!` a warning, `i` a note.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Names::of(self);
        writeln!(f, "{}", head(self))?;
        for step in &self.steps {
            for row in rows(step, &names) {
                writeln!(f, "  {} {}: {}", row.sign, row.what, row.change)?;
            }
        }
        for finding in &self.findings {
            let sign = match finding.severity {
                Severity::Error => "!!",
                Severity::Warning => "!",
                Severity::Note => "i",
            };
            writeln!(f, "  {sign} {}", one_line(&finding.to_string()))?;
        }
        let totals = self.totals();
        writeln!(
            f,
            "Plan: {}. {}",
            summary(&totals, self.is_tags),
            cost(&totals)
        )
    }
}

impl Plan {
    /// The plan as a table in Markdown, for comments on a change to the roster's file.
    ///
    /// What could be read as markup is escaped.
    pub fn to_markdown(&self) -> String {
        let names = Names::of(self);
        let mut text = format!("{}\n", escaped(&head(self)));
        let mut has_rows = false;
        for row in self.steps.iter().flat_map(|step| rows(step, &names)) {
            if !has_rows {
                text += "\n|   | who or what | change |\n|---|---|---|\n";
                has_rows = true;
            }
            let (what, change) = (escaped(&row.what), escaped(&row.change));
            text += &format!("| `{}` | {what} | {change} |\n", row.sign);
        }
        if !self.findings.is_empty() {
            text += "\n";
        }
        for finding in &self.findings {
            let severity = match finding.severity {
                Severity::Error => "**Error**",
                Severity::Warning => "**Warning**",
                Severity::Note => "Note",
            };
            text += &format!("* {severity}: {}\n", escaped(&finding.to_string()));
        }
        let totals = self.totals();
        let summary = escaped(&summary(&totals, self.is_tags));
        text + &format!("\n**Plan:** {summary}. {}\n", cost(&totals))
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' | '\r' => escaped.push(' '),
            '\\' | '|' | '*' | '_' | '`' | '<' | '>' | '[' | ']' | '#' | '&' | '@' | '~' => {
                escaped.push('\\');
                escaped.push(letter);
            }
            _ => escaped.push(letter),
        }
    }
    escaped
}
