//! Snapshots and applied plans, against a Canvas that behaves, and one that does not.

// Teams are ranges of students, and there may be one team.
#![allow(clippy::single_range_in_vec_init)]

mod cut;
mod guarded;
mod lost;
mod names;
mod order;
mod proxy;
mod reading;
mod sets;
mod stale;
mod stops;
mod tags;
mod twins;
mod whole;

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    time::Duration,
};

use canvas_groups::{
    Canvas, CategoryId, CourseId, GroupId, RetryPolicy, UserId,
    categories::ListCategoryGroups,
    groups::Group,
    http::Method,
    roster::{Guard, Outcome, Plan, Policy, Report, Roster, StepReport, Team},
};
use canvas_groups_fake::{FakeCanvas, FakeCanvasBuilder, NewUser, Recorded, Role, School};

const PLACE: &str = "POST groups/:group_id/memberships";
const MAKE: &str = "POST group_categories/:group_category_id/groups";
const REMOVE: &str = "DELETE groups/:group_id/users";
const CHANGE: &str = "PUT groups/:group_id";
const DELETE: &str = "DELETE groups/:group_id";
const SET: &str = "GET group_categories/:group_category_id";
const EXPORT: &str = "GET group_categories/:group_category_id/export";

/// A course with one set.
struct Site {
    fake: FakeCanvas,
    canvas: Canvas,
    course: CourseId,
    set: CategoryId,
    teacher: UserId,
    groups: Vec<GroupId>,
    students: Vec<UserId>,
}

/// A school that is being built.
struct Built {
    school: School,
    course: CourseId,
    set: CategoryId,
    teacher: UserId,
    groups: Vec<GroupId>,
    students: Vec<UserId>,
}

/// `Team 1` and on, with the students at these places, which go from 0.
fn school(students: usize, teams: &[Range<usize>]) -> Built {
    let mut school = School::new();
    let course = school.add_course("Mathematics");
    let teacher = school.add_user(NewUser::new("Tom Teacher").login("teacher"));
    school.enroll(course, teacher, Role::Teacher);
    let students: Vec<_> = (0..students)
        .map(|number| {
            let user = NewUser::new(format!("Given{number} Familyname{number}"))
                .login(format!("login{number}"))
                .sis_user_id(format!("S{number:03}"));
            let user = school.add_user(user);
            school.enroll(course, user, Role::Student);
            user
        })
        .collect();
    let set = school.add_category(course, "Projects");
    let groups = (1..)
        .zip(teams)
        .map(|(number, members)| {
            let group = school.add_group(set, format!("Team {number}")).unwrap();
            for student in &students[members.clone()] {
                school.add_member(group, *student);
            }
            group
        })
        .collect();
    Built {
        school,
        course,
        set,
        teacher,
        groups,
        students,
    }
}

impl Built {
    async fn start(self) -> Site {
        self.start_with(|builder| builder).await
    }

    async fn start_with(self, change: impl FnOnce(FakeCanvasBuilder) -> FakeCanvasBuilder) -> Site {
        let fake = change(FakeCanvas::builder(self.school))
            .start()
            .await
            .unwrap();
        fake.keep_all_requests();
        Site {
            canvas: quick(&fake.client()),
            fake,
            course: self.course,
            set: self.set,
            teacher: self.teacher,
            groups: self.groups,
            students: self.students,
        }
    }
}

/// A client that does not rest long before it tries again.
fn quick(canvas: &Canvas) -> Canvas {
    let policy = RetryPolicy::default()
        .base_delay(Duration::from_millis(1))
        .max_delay(Duration::from_millis(2));
    canvas.with_retry(policy)
}

async fn site(students: usize, teams: &[Range<usize>]) -> Site {
    school(students, teams).start().await
}

impl Site {
    fn users(&self, places: impl IntoIterator<Item = usize>) -> Vec<UserId> {
        places
            .into_iter()
            .map(|place| self.students[place])
            .collect()
    }

    fn roster(&self) -> Roster {
        Roster::of(self.set)
    }

    /// `Team 1` and on, exactly with the students at these places.
    fn teams<const N: usize>(&self, teams: [Vec<usize>; N]) -> Roster {
        let teams = (1..).zip(teams).map(|(number, members)| {
            let team = Team::named(format!("Team {number}"));
            match members.is_empty() {
                true => team.no_members(),
                false => team.members(self.users(members)),
            }
        });
        self.roster().teams(teams)
    }

    async fn plan(&self, roster: &Roster) -> Plan {
        self.plan_by(roster, &Policy::default()).await
    }

    async fn plan_by(&self, roster: &Roster, policy: &Policy) -> Plan {
        let snapshot = self.canvas.snapshot(roster).await.unwrap();
        let plan = Plan::new(roster, &snapshot, policy);
        assert!(!plan.has_errors(), "{plan}");
        plan
    }

    /// Plans, and forgets the calls that it took.
    async fn planned(&self, roster: &Roster) -> Plan {
        let plan = self.plan(roster).await;
        self.fake.forget_requests();
        plan
    }

    async fn apply(&self, plan: &Plan) -> Report {
        self.canvas.apply(plan, &Guard::none()).await.unwrap()
    }

    /// Plans and applies, and finds nothing left to do.
    async fn sync(&self, roster: &Roster) -> Report {
        let report = self.apply(&self.plan(roster).await).await;
        assert!(report.is_complete(), "{report}");
        assert!(self.plan(roster).await.is_empty());
        report
    }

    fn members(&self, group: GroupId) -> BTreeSet<UserId> {
        self.fake
            .school(|school| school.members(group))
            .into_iter()
            .collect()
    }

    /// Who is in each team, by name. Two teams of one name are an error.
    async fn state(&self) -> BTreeMap<String, BTreeSet<UserId>> {
        let mut state = BTreeMap::new();
        for group in self.all_groups().await {
            let twin = state.insert(group.name.clone(), self.members(group.id));
            assert_eq!(twin, None, "two teams are named {}", group.name);
        }
        state
    }

    async fn all_groups(&self) -> Vec<Group> {
        let groups = self.fake.client().stream(ListCategoryGroups::new(self.set));
        groups.try_collect().await.unwrap()
    }

    /// All requests so far.
    fn calls(&self) -> Vec<String> {
        self.fake.requests().iter().map(name).collect()
    }

    /// Those that write.
    fn writes(&self) -> Vec<Recorded> {
        let mut requests = self.fake.requests();
        requests.retain(|request| request.method != Method::GET);
        requests
    }

    fn count(&self, route: &str) -> usize {
        self.calls().iter().filter(|call| *call == route).count()
    }
}

/// A plan that was made a while ago.
fn old(mut plan: Plan) -> Plan {
    plan.taken_at -= Duration::from_secs(120);
    plan
}

fn name(request: &Recorded) -> String {
    format!("{} {}", request.method, request.route.unwrap_or("?"))
}

/// What came of the step with this id.
#[track_caller]
fn step<'a>(report: &'a Report, id: &str) -> &'a StepReport {
    let found = report.steps.iter().find(|step| step.step.as_str() == id);
    found.unwrap_or_else(|| panic!("no step {id} in {report:#?}"))
}

#[track_caller]
fn outcome<'a>(report: &'a Report, id: &str) -> &'a Outcome {
    &step(report, id).outcome
}
