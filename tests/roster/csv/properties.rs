//! What holds for every file and every snapshot.

use proptest::prelude::*;

use super::*;

/// Texts with all that CSV, spreadsheets and people put into them.
fn odd_text() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec![
        ",", ";", "\t", "\"", "'", "\n", "\r\n", "=", "+", "-", "@", " ", "\u{a0}", "\u{feff}",
        "é", "e\u{301}", "🦀", "#N/A", "1E+5", "＝", "sep=;", "a", "0",
    ]);
    prop::collection::vec(part, 0..6).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn every_snapshot_as_a_file_plans_to_nothing(
        students in prop::collection::vec((odd_text(), odd_text(), prop::option::of(0..4_usize)), 0..12),
        groups in prop::collection::vec((odd_text(), any::<bool>()), 0..4),
    ) {
        let mut school = School::with(0);
        for (at, (name, has_id)) in groups.iter().enumerate() {
            let members = students.iter().enumerate();
            let members = members.filter(|(_, (.., team))| *team == Some(at));
            let members = members.map(|(student, _)| student as u64 + 1);
            school = school.group(10 + at as u64, &format!("{name}{at}"), members);
            if *has_id {
                school = school.but("sis_id", format!("{name}P{at}"));
            }
        }
        let people = students.iter().enumerate().map(|(at, (name, key, _))| {
            json!({"id": at + 1, "name": name, "sis_id": format!("S{key}{at}"), "login": format!("u{key}{at}")})
        });
        let school = school.set("/students", people.collect::<Vec<_>>());
        let file = school.snapshot().to_csv();
        let plan = school.plan(&read(&file));
        prop_assert!(plan.is_empty() && !plan.has_errors(), "{file}\n{plan}");
    }

    #[test]
    fn no_file_is_too_odd_to_be_read_or_refused(
        head in prop::sample::select(vec!["", "user_id,group_name\n", "email;team;status;leader\n"]),
        rows in prop::collection::vec((odd_text(), odd_text()), 0..8),
        end in prop::collection::vec(any::<u8>(), 0..4),
    ) {
        let mut file = head.as_bytes().to_vec();
        for (one, other) in rows {
            file.extend_from_slice(format!("{one},{other}\n").as_bytes());
        }
        file.extend(end);
        match roster().with_csv(&file, &Columns::new()) {
            Ok(roster) => {
                let lines = file.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() as u64;
                let told = roster.teams.iter().flat_map(|team| &team.lines);
                prop_assert!(told.copied().all(|line| line >= 2 && line <= lines + 1));
                school().plan(&roster);
            }
            Err(error) => {
                prop_assert_eq!(error.kind(), ErrorKind::Decode);
                prop_assert_eq!(error.to_string().lines().count(), 1);
            }
        }
    }
}
