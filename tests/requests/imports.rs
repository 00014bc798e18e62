//! What imports refuse or leave out, since the server would take it otherwise than it is meant.

use canvas_groups::{CategoryId, CourseId, GroupId, Outgoing, UserId, csv::*};

use crate::csv::refused;

const CATEGORY: CategoryId = CategoryId::new(4);
const COURSE: CourseId = CourseId::new(1);
const ADA: UserId = UserId::new(35);

fn groups(file: &str) -> ImportGroups {
    ImportGroups::from_csv(CATEGORY, file.to_owned())
}

fn tags(file: &str) -> ImportTags {
    ImportTags::from_csv(COURSE, file.to_owned())
}

fn rows(file: &str) -> Vec<GroupRow> {
    let rows = Csv::<GroupRow>::new(file.to_owned()).rows();
    rows.collect::<Result<_, _>>().unwrap()
}

/// The file within the form that is sent.
fn sent(import: &impl canvas_groups::Endpoint) -> String {
    let sent = Outgoing::of(import).unwrap().to_string();
    let file = sent.split("\r\n\r\n").nth(1).unwrap();
    file.split("\r\n--canvas-groups").next().unwrap().to_owned()
}

#[test]
fn memberships_that_are_no_more_are_not_imported() {
    for heading in ["status", "Status", "STATE", "workflow_state", " status "] {
        for state in [
            "deleted",
            "inactive",
            "completed",
            "rejected",
            "invited",
            "Deleted",
            "",
        ] {
            let file = format!("login_id,{heading},group_name\na,active,T\nb,{state},T\n");
            let problem = refused(&groups(&file));
            let column = format!("line 3, column `{}`", heading.trim());
            assert!(problem.starts_with(&column), "{problem}");
            assert!(problem.contains(&format!("{state:?}")), "{problem}");
            // The state is in a column that rows have no field for.
            let problem = refused(&ImportGroups::new(CATEGORY, rows(&file)));
            assert!(problem.starts_with("row 2, column"), "{problem}");
            let file = file.replace("group_name", "tag_name");
            assert!(refused(&tags(&file)).starts_with("line 3, column"));
        }
        for state in ["accepted", "active", "Active", " accepted "] {
            let file = format!("login_id,group_name,{heading}\na,T,{state}\n");
            Outgoing::of(&groups(&file)).unwrap();
            Outgoing::of(&ImportGroups::new(CATEGORY, rows(&file))).unwrap();
        }
    }
    // A state of a country is none of a membership, unless another row says that it is.
    let file = "login_id,state,group_name\na,CA,T\nb,left,T\nc,,T\n";
    let problem = refused(&groups(file));
    assert!(problem.starts_with("line 2, column `state`"), "{problem}");
    let file = file.replace("left", "New York");
    Outgoing::of(&groups(&file)).unwrap();
    Outgoing::of(&ImportGroups::new(CATEGORY, rows(&file))).unwrap();
    for heading in ["status", "workflow_state"] {
        refused(&groups(&file.replace("state", heading)));
    }
    // A row without a group puts nobody anywhere, and other columns say nothing of the kind.
    for file in [
        "login_id,group_name,status\na,T,active\nb,,deleted\n",
        "login_id,group_name,statusses\na,T,deleted\n",
    ] {
        Outgoing::of(&groups(file)).unwrap();
    }
}

#[test]
fn a_heading_that_is_almost_right_is_named_with_what_is_wrong_with_it() {
    let cases = [
        ("login_id ", "\"login_id \" has a space in it"),
        ("\tlogin_id", "has a tab in it"),
        ("login\u{a0}id", "has the character U+00A0 in it"),
        (
            "login_id\u{200b}",
            "\"login_id\\u{200b}\" has the character U+200B in it",
        ),
        ("\u{feff}login_id", "has the character U+FEFF in it"),
        ("login id", "has a space in it"),
        ("l\u{43e}gin_id", "has the character U+043E in it"),
        ("Login-ID", "\"Login-ID\" is spelled differently"),
        ("loginid", "is spelled differently"),
        ("logn_id", "is spelled differently"),
        ("login_ids", "is spelled differently"),
        ("logni_id", "there must be `canvas_user_id` or"),
        ("e-mail", "there must be `canvas_user_id` or"),
    ];
    for (heading, said) in cases {
        let file = format!("name,{heading},group_name\nx,a,T\n");
        let problem = refused(&groups(&file));
        assert!(
            problem.starts_with("line 1: no column names the user: "),
            "{problem}"
        );
        assert!(problem.contains(said), "{heading:?}: {problem}");
        assert!(
            said.starts_with("there") || problem.ends_with("write it as `login_id`"),
            "{problem}"
        );
    }
    let problem = refused(&groups("login_id,group name\na,T\n"));
    assert!(problem.contains("write it as `group_name`"), "{problem}");
    // Beside a column that would do, what is hidden would be overlooked all the same.
    let problem = refused(&groups("canvas_user_id,login_id\u{a0},group_name\n,a,T\n"));
    assert!(
        problem.contains("would be overlooked: the heading"),
        "{problem}"
    );
    Outgoing::of(&groups("canvas_user_id,Login Id,group_name\n1,a,T\n")).unwrap();
}

#[test]
fn the_same_is_said_when_a_file_is_read_but_for_space_and_hidden_characters() {
    for heading in ["login_id ", "\u{200b}login_id", "LOGIN_ID\u{a0}"] {
        assert_eq!(
            rows(&format!("{heading};x\nada;1\n"))[0]
                .login_id
                .as_deref(),
            Some("ada")
        );
    }
    let file = Csv::<GroupRow>::new("login id,group_name\nada,T\n");
    let error = file.rows().next().unwrap().unwrap_err().to_string();
    assert!(
        error.ends_with("has a space in it: write it as `login_id`"),
        "{error}"
    );
}

#[test]
fn a_first_line_that_names_the_separator_is_read_past() {
    for (separator, end) in [(',', "\n"), (';', "\r\n"), ('\t', "\r"), ('|', "\n")] {
        for first in [
            format!("sep={separator}"),
            format!("\u{feff}SEP={separator}"),
            format!("\"sep={separator}\""),
            format!("sep={separator}{separator}{separator}"),
        ] {
            let table = format!("login_id{separator}group_name{end}ada{separator}T{end}");
            let file = format!("{first}{end}{table}");
            let read = rows(&file);
            assert_eq!(read.len(), 1, "{file:?}");
            assert_eq!(read[0].group_name.as_deref(), Some("T"), "{file:?}");
            match separator {
                ',' => assert_eq!(sent(&groups(&file)), table),
                _ => {
                    let problem = refused(&groups(&file));
                    let said = format!("line 2: the columns are separated by {separator:?}");
                    assert!(problem.starts_with(&said), "{problem}");
                    // The advice that it gives works.
                    let import = ImportGroups::new(CATEGORY, read);
                    assert_eq!(sent(&import), "login_id,group_name\nada,T\n");
                }
            }
        }
    }
    // Lines count as in an editor.
    let problem = refused(&groups("sep=,\nlogin_id,group_name\na,\"T\n"));
    assert!(problem.starts_with("line 3: a quote"), "{problem}");
    let odd = Csv::<GroupRow>::new("sep=;\ncanvas_user_id;x\n7;1\nseven;1\n");
    let error = odd.rows().nth(1).unwrap().unwrap_err().to_string();
    assert!(error.starts_with("line 4, column"), "{error}");
    for header in ["sep=", "sep=ab", "sepa=;"] {
        let file = Csv::<GroupRow>::new(format!("{header}\nlogin_id\nada\n"));
        assert!(file.rows().next().unwrap().is_err(), "{header}");
    }
}

#[test]
fn students_without_a_group_are_left_out_and_counted() {
    let export = "name,canvas_user_id,login_id,sections,group_name,canvas_group_id\n\
                  A,1,a,S,Team 1,7\nB,2,b,S,,\nC,3,c,\"S, T\",,\n";
    let import = ImportGroups::new(CATEGORY, rows(export));
    assert_eq!((import.left_out(), import.user_count()), (2, 1));
    let table = "canvas_user_id,login_id,canvas_group_id,group_name\n1,a,7,Team 1\n";
    assert_eq!(sent(&import), table);
    assert_eq!(sent(&import.unchecked()), table);
    // The server skips such rows of a file.
    let ready = groups(export);
    assert_eq!((ready.left_out(), ready.user_count()), (0, 1));
    assert_eq!(sent(&ready), export);

    let nobody = ImportGroups::new(CATEGORY, rows("login_id,group_name\na,\nb,\n"));
    assert_eq!(nobody.left_out(), 2);
    assert!(refused(&nobody).contains("none of them names a group or tag"));

    let export = "name,canvas_user_id,login_id,tag_name,canvas_tag_id\nA,1,a,Slow,7\nB,2,b\n";
    let rows = Csv::<TagRow>::new(export).rows().map(Result::unwrap);
    let import = ImportTags::new(COURSE, rows);
    assert_eq!((import.left_out(), import.user_count()), (1, 1));
    // A set without a tag is a mistake, as is a group that is blank.
    let mut no_tag = TagRow::new(ADA, TagKey::name("x")).in_set(CategoryId::new(6));
    no_tag.tag_name = None;
    assert!(refused(&ImportTags::new(COURSE, [no_tag])).contains("no group or tag"));
}

#[test]
fn users_are_counted_once_as_the_server_tells_them_apart() {
    let file = "canvas_user_id,login_id,group_name\n1,a,T\n1,b,U\n,A,T\n,a ,T\n,,T\n,x,\n";
    assert_eq!(groups(file).user_count(), 2);
    assert_eq!(groups(file).unchecked().user_count(), 2);
    assert_eq!(ImportGroups::new(CATEGORY, rows(file)).user_count(), 2);
}

#[test]
fn rows_of_empty_cells_are_no_rows() {
    for rows in ["", ",\n", ",,\n , \n\n", "\"\",\"\"\n", "\t,\n"] {
        let file = format!("login_id,group_name\n{rows}");
        assert!(
            refused(&groups(&file)).contains("no rows below its header"),
            "{rows:?}"
        );
        assert_eq!(Csv::<GroupRow>::new(file).rows().count(), 0, "{rows:?}");
    }
    for rows in ["a,\n", ",T\n", "a,\n,T\n"] {
        let problem = refused(&groups(&format!("login_id,group_name\n{rows}")));
        assert!(
            problem.contains("no row of the file names both"),
            "{problem}"
        );
    }
}

#[test]
fn a_column_that_renames_the_set_is_refused() {
    let problem = refused(&groups("login_id,group_name,tag_set_name\na,T,S\n"));
    assert!(
        problem.contains("would rename the group category"),
        "{problem}"
    );
}

/// A tag row as rows and as a file have it: `tag id, tag name, set id, set SIS id, set name`.
fn both(cells: &[[&str; 5]]) -> [ImportTags; 2] {
    let mut file =
        "canvas_user_id,canvas_tag_id,tag_name,canvas_tag_set_id,tag_set_id,tag_set_name\n"
            .to_owned();
    for (user, cells) in cells.iter().enumerate() {
        file += &format!("{},{}\n", user + 1, cells.join(","));
    }
    let rows = Csv::<TagRow>::new(file.clone()).rows().map(Result::unwrap);
    [ImportTags::new(COURSE, rows), tags(&file)]
}

#[test]
fn tags_that_the_server_would_move_or_sets_that_it_would_rename_are_refused() {
    let refusals: [(&[[&str; 5]], &str); 7] = [
        // Tags of one name are one tag, wherever the rows say it is.
        (
            &[["", "Level 1", "6", "", ""], ["", "Level 1", "7", "", ""]],
            "names the tag \"Level 1\" too",
        ),
        (
            &[["", "Level 1", "6", "", ""], ["", " Level 1", "", "s7", ""]],
            "names the tag",
        ),
        (
            &[
                ["8", "", "6", "", ""],
                ["", "x", "", "", ""],
                ["8", "", "7", "", ""],
            ],
            "names the tag \"8\"",
        ),
        // A set has one name.
        (
            &[["8", "", "6", "", "Reading"], ["9", "", "6", "", "Writing"]],
            "has another name for the same set",
        ),
        (
            &[
                ["8", "", "", "s6", "Reading"],
                ["9", "", "", "s6", "Writing"],
            ],
            "has another name",
        ),
        // A name that no set has renames one.
        (&[["", "Level 1", "", "", "Reading"]], "`sets_exist()`"),
        (
            &[["8", "", "6", "", ""], ["8", "", "", "", "Reading"]],
            "`sets_exist()`",
        ),
    ];
    for (cells, said) in refusals {
        for import in both(cells) {
            let problem = refused(&import);
            assert!(problem.contains(said), "{cells:?}: {problem}");
        }
    }
    let fine: [&[[&str; 5]]; 4] = [
        &[
            ["", "Level 1", "6", "", ""],
            ["", "Level 1", "6", "", ""],
            ["", "Level 1", "", "", ""],
        ],
        &[
            ["8", "Level 1", "6", "s6", "Reading"],
            ["9", "Level 2", "6", "s6", "Reading"],
        ],
        &[
            ["", "a", "6", "", "Reading"],
            ["", "b", "6", "", ""],
            ["", "c", "7", "", "Reading"],
        ],
        &[["", "Level 1", "", "", ""], ["", "level 1", "7", "", ""]],
    ];
    for cells in fine {
        for import in both(cells) {
            Outgoing::of(&import).unwrap();
        }
    }
    // By name where there is such a set; but one tag stays one.
    let named: &[[&str; 5]] = &[["", "a", "", "", "Reading"], ["", "a", "", "", "Reading"]];
    for import in both(named) {
        Outgoing::of(&import.sets_exist()).unwrap();
    }
    for import in both(&[["", "a", "", "", "Reading"], ["", "a", "", "", "Writing"]]) {
        assert!(refused(&import.sets_exist()).contains("one tag"));
    }
}

#[test]
fn a_user_has_a_tag_once_whatever_set_it_is_said_to_be_in() {
    let tag = |set| TagRow::new(ADA, TagKey::name("Level 1")).in_set(CategoryId::new(set));
    let plain = TagRow::new(ADA, TagKey::name("Level 1"));
    for rows in [
        vec![tag(6), tag(6)],
        vec![tag(6), tag(7)],
        vec![tag(6), plain],
    ] {
        let problem = refused(&ImportTags::new(COURSE, rows));
        assert!(
            problem.starts_with("row 2, column `canvas_user_id`: row 1 has the same"),
            "{problem}"
        );
    }
    let by_id = TagRow::new(ADA, GroupId::new(8));
    Outgoing::of(&ImportTags::new(COURSE, [tag(6), by_id])).unwrap();
}
