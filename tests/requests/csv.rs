//! CSV imports and exports.

use canvas_groups::{
    CategoryId, CategoryRef, CourseId, CourseRef, Endpoint, ErrorKind, GroupId, Outgoing, UserId,
    csv::*,
};

use crate::{shown, snapshot};

const CATEGORY: CategoryId = CategoryId::new(4);

fn name(name: &str) -> GroupKey {
    GroupKey::name(name)
}

fn login(login: &str) -> UserKey {
    UserKey::login(login)
}

#[test]
fn import_groups() {
    let rows = ImportGroups::new(
        CATEGORY,
        [
            GroupRow::new(UserId::new(35), name("Team \"A\", the first\nof all")),
            GroupRow::new(UserKey::sis("s 1"), GroupId::new(17)),
            GroupRow::new(login("lcooper"), GroupKey::sis("g1")),
        ],
    );
    let least = ImportGroups::new(
        CategoryRef::sis("set 1"),
        [GroupRow::new(login("lcooper"), name("Team"))],
    );
    let ready = "\u{feff}group_name,name,login_id\nTeam,\"Cooper, S.\",canvas-groups-form\n";
    let ready = ImportGroups::from_csv(CATEGORY, ready);
    snapshot("ImportGroups", [shown(&rows), shown(&least), shown(&ready)]);
}

#[test]
fn import_tags() {
    let rows = ImportTags::new(
        CourseId::new(1),
        [
            TagRow::new(UserId::new(35), TagKey::name("Honors")).in_set(TagSetKey::name("Levels")),
            TagRow::new(UserId::new(35), GroupId::new(18)).in_set(CategoryId::new(6)),
            TagRow::new(login("lcooper"), TagKey::sis("t1")).in_set(TagSetKey::sis("ts1")),
        ],
    )
    .sets_exist();
    let ready = ImportTags::from_csv(CourseRef::sis("c/1"), "user_id,tag_id\ns1,t1\n");
    snapshot("ImportTags", [shown(&rows), shown(&ready)]);
}

#[test]
fn exports() {
    let by_sis_id = ExportGroups::new(CategoryRef::sis("set 1"));
    snapshot(
        "ExportGroups",
        [shown(&ExportGroups::new(CATEGORY)), shown(&by_sis_id)],
    );
    let by_sis_id = ExportTags::new(CourseRef::sis("c/1"));
    snapshot(
        "ExportTags",
        [shown(&ExportTags::new(CourseId::new(1))), shown(&by_sis_id)],
    );
}

pub(crate) fn refused<E: Endpoint>(request: &E) -> String {
    let error = Outgoing::of(request).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Request);
    error.to_string()
}

#[test]
fn rows_are_checked_before_they_are_sent() {
    let good = || GroupRow::new(UserId::new(1), name("Team"));
    let mut nobody = good();
    nobody.canvas_user_id = None;
    let cases = [
        (vec![], "no rows"),
        (
            vec![good(), nobody],
            "row 2, column `login_id`: no user is named",
        ),
        (
            vec![good(), GroupRow::new(UserId::new(2), name(" \t"))],
            "row 2, column `group_name`: no group",
        ),
        (
            vec![good(), GroupRow::new(UserId::new(2), name("Team")), good()],
            "row 3, column `canvas_user_id`: row 1 has the same",
        ),
        (
            vec![
                GroupRow::new(login("Ada"), name("Team")),
                GroupRow::new(login("ada "), name("Other")),
            ],
            "row 2, column `login_id`: row 1 has the same",
        ),
    ];
    for (rows, said) in cases {
        let problem = refused(&ImportGroups::new(CATEGORY, rows.clone()));
        assert!(problem.contains(said), "{problem}");
        let unchecked = ImportGroups::new(CATEGORY, rows).unchecked();
        match said.contains("has the same") {
            true => assert!(Outgoing::of(&unchecked).is_ok(), "{said}"),
            false => assert_eq!(problem, refused(&unchecked)),
        }
    }
    // An empty name beside an id says nothing, and the same text in two columns is two users.
    let mut named = GroupRow::new(UserId::new(7), GroupId::new(1));
    named.group_name = Some(String::new());
    let other = GroupRow::new(login("7"), name("Team"));
    assert!(Outgoing::of(&ImportGroups::new(CATEGORY, [named, other])).is_ok());
}

#[test]
fn a_user_may_have_several_tags_but_none_twice() {
    let tag = |id| TagRow::new(UserId::new(35), GroupId::new(id));
    let import = |rows: Vec<_>| ImportTags::new(CourseId::new(1), rows);
    assert!(Outgoing::of(&import(vec![tag(1), tag(2)])).is_ok());
    let twice = import(vec![tag(1), tag(2), tag(1)]);
    let problem = refused(&twice);
    assert!(problem.contains("row 3"), "{problem}");
    let sent = Outgoing::of(&twice.unchecked()).unwrap().to_string();
    assert_eq!(sent.matches("35,1\n").count(), 2, "{sent}");
}

#[test]
fn space_around_cells_is_not_sent() {
    let row = GroupRow::new(login(" ada\t"), name(" Team 1\n"));
    let sent = Outgoing::of(&ImportGroups::new(CATEGORY, [row])).unwrap();
    let sent = sent.to_string();
    assert!(sent.contains("login_id,group_name\nada,Team 1\n"), "{sent}");
}

#[test]
fn a_ready_file_is_checked_before_it_is_sent_unless_said_otherwise() {
    let cases: &[(&[u8], &str)] = &[
        (
            b"login_id,group_name\nx,\xff\n",
            "line 2: the file is not UTF-8",
        ),
        (b"\xff\xfel\0o\0", "not UTF-8"),
        (b"login_id;group_name\nx;Team\n", "separated by ';'"),
        (b"group_name,name\nTeam,x\n", "no column names the user"),
        (b"login_id,name\nx,y\n", "no column names the group"),
        (b" login_id,group_name\nx,y\n", "no column names the user"),
        (
            b"login_id,group_name\n\nx\"y,Team\n",
            "line 3: a quote stands within a cell",
        ),
        (
            b"login_id,group_name\nx,\"Team\ny,Team\n",
            "line 2: a quote begins a cell that does not end",
        ),
        (b"login_id,group_name\n", "no rows below"),
        (b"", "no column"),
    ];
    for (file, said) in cases {
        let import = ImportGroups::from_csv(CATEGORY, *file);
        let problem = refused(&import);
        assert!(problem.contains(said), "{problem}");
        let sent = Outgoing::of(&import.unchecked()).unwrap();
        let body = sent.body().unwrap();
        assert!(file.is_empty() || body.windows(file.len()).any(|part| part == *file));
    }
}

#[test]
fn case_does_not_count_in_headings() {
    let file = "Login_ID,GROUP_NAME\nx,\"the \"\"A\"\" team\"\n";
    let sent = Outgoing::of(&ImportGroups::from_csv(CATEGORY, file)).unwrap();
    assert!(sent.to_string().contains(file));
}

#[test]
fn the_boundary_is_not_in_the_file() {
    let import = ImportGroups::from_csv(
        CATEGORY,
        "login_id,group_name\nx,canvas-groups-form\ny,canvas-groups-form-1\n",
    );
    let sent = Outgoing::of(&import).unwrap().to_string();
    assert!(sent.contains("--canvas-groups-form-2\r\n"), "{sent}");
    assert!(sent.ends_with("\r\n--canvas-groups-form-2--\r\n"), "{sent}");
}
