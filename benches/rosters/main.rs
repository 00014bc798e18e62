//! Rosters beside the loop that people write, through the leaky bucket, in one run.
//!
//! `cargo bench --bench rosters` runs `new` and `night`; `long` is a night of 2,000 sets, of ours alone. The clock is ten times
//! faster than that of a hosted Canvas: a call takes 5 ms, and 100 units a second flow out of the
//! bucket.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use canvas_groups::{
    Canvas, CategoryId, CourseId, GroupId, UserId,
    csv::UserKey,
    http::Method,
    roster::{Guard, Plan, Policy, Report, Roster, Team},
    serde_json::{Value, json},
};
use canvas_groups_fake::{FakeCanvas, NewUser, Role, School, Throttle};

const LATENCY: Duration = Duration::from_millis(5);
const TIMES_FASTER: f64 = 10.0;

#[tokio::main]
async fn main() {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with("--"))
        .collect();
    let wanted = |name: &str| words.is_empty() || words.iter().any(|word| word == name);
    println!(
        "| work | who | reads | writes | to verify | calls | seconds, by a hosted Canvas's clock |"
    );
    println!("|---|---|---|---|---|---|---|");
    if wanted("new") {
        new_teams().await;
    }
    if wanted("night") {
        night(100, false).await;
        night(100, true).await;
    }
    if words.iter().any(|word| word == "long") {
        night(2_000, false).await;
        if let Some(peak) = peak_memory() {
            println!("peak memory of this process, the fake and its journal in it: {peak} MiB");
        }
    }
}

/// Courses with one set each, and who is in it.
struct Place {
    fake: FakeCanvas,
    canvas: Canvas,
    sets: Vec<Set>,
}

struct Set {
    course: CourseId,
    id: CategoryId,
    groups: Vec<GroupId>,
    students: Vec<UserId>,
}

/// So many sets with so many students, five in each of so many teams.
async fn place(sets: usize, students: usize, teams: usize) -> Place {
    let mut school = School::new();
    let sets: Vec<_> = (0..sets)
        .map(|number| {
            let course = school.add_course(format!("Course {number}"));
            let id = school.add_category(course, "Projects");
            let groups: Vec<_> = (1..=teams)
                .map(|team| school.add_group(id, format!("Team {team}")).unwrap())
                .collect();
            let students: Vec<_> = (0..students)
                .map(|place| {
                    let name = format!("Student {number}.{place}");
                    let sis_id = format!("S{number:03}-{place:03}");
                    let user = school.add_user(NewUser::new(name).sis_user_id(sis_id));
                    school.enroll(course, user, Role::Student);
                    if let Some(group) = groups.get(place / 5) {
                        school.add_member(*group, user);
                    }
                    user
                })
                .collect();
            Set {
                course,
                id,
                groups,
                students,
            }
        })
        .collect();
    let mut throttle = Throttle::default();
    throttle.outflow *= TIMES_FASTER;
    let fake = FakeCanvas::builder(school)
        .throttle(throttle)
        .latency(LATENCY)
        .start()
        .await
        .unwrap();
    fake.keep_all_requests();
    Place {
        canvas: fake.client(),
        fake,
        sets,
    }
}

impl Place {
    /// Who is in which team of a set, by its name.
    fn state(
        &self,
        set: &Set,
        names: &BTreeMap<GroupId, String>,
    ) -> BTreeMap<String, BTreeSet<UserId>> {
        self.fake.school(|school| {
            let groups = school.groups_in(set.id).into_iter();
            groups
                .map(|group| {
                    (
                        names[&group].clone(),
                        school.members(group).into_iter().collect(),
                    )
                })
                .collect()
        })
    }

    /// A row of the table, of all requests since the last one. Calls that were refused by the
    /// throttle count.
    fn row(&self, work: &str, who: &str, verifications: usize, since: Instant) -> usize {
        let seconds = since.elapsed().as_secs_f64() * TIMES_FASTER;
        let requests = self.fake.requests();
        let writes = requests
            .iter()
            .filter(|request| request.method != Method::GET);
        let writes = writes.count();
        let all = requests.len();
        let reads = all - writes - verifications;
        println!(
            "| {work} | {who} | {reads} | {writes} | {verifications} | {all} | {seconds:.0} |"
        );
        self.fake.forget_requests();
        all
    }
}

/// 300 students into 60 new teams.
async fn new_teams() {
    let work = "300 students into 60 new teams";
    let wished = |place: &Place| -> Vec<(String, Vec<UserId>)> {
        let teams = place.sets[0].students.chunks(5).zip(1..);
        teams
            .map(|(students, number)| (format!("Team {number}"), students.to_vec()))
            .collect()
    };

    let hand = place(1, 300, 0).await;
    let since = Instant::now();
    let client = Hand::of(&hand);
    let set = &hand.sets[0];
    let groups = client
        .get(&format!("group_categories/{}/groups?per_page=100", set.id))
        .await;
    assert_eq!(groups, json!([]));
    let mut place_of_student = 0;
    for (name, students) in wished(&hand) {
        let path = format!("group_categories/{}/groups", set.id);
        let group = client.post(&path, &json!({"name": name})).await;
        for _ in students {
            let sis_id = format!("S000-{place_of_student:03}");
            let user = client.get(&format!("users/sis_user_id:{sis_id}")).await;
            let path = format!("groups/{}/memberships", group["id"]);
            client.post(&path, &json!({"user_id": user["id"]})).await;
            place_of_student += 1;
        }
    }
    hand.row(work, "by hand", 0, since);

    let ours = place(1, 300, 0).await;
    let since = Instant::now();
    let mut place_of_student = 0;
    let teams = wished(&ours).into_iter().map(|(name, students)| {
        let members = students.iter().map(|_| {
            place_of_student += 1;
            UserKey::sis(format!("S000-{:03}", place_of_student - 1))
        });
        Team::named(name).members(members.collect::<Vec<_>>())
    });
    let roster = Roster::of(ours.sets[0].id).teams(teams);
    let (_, report) = sync(&ours.canvas, &roster).await;
    assert!(report.is_complete(), "{report}");
    let calls = ours.row(work, "ours", 1, since);
    assert!(calls <= 65, "{calls}");

    let names = |place: &Place| {
        place.fake.school(|school| {
            let groups = school.groups_in(place.sets[0].id);
            let mut all: Vec<BTreeSet<UserId>> = groups
                .iter()
                .map(|group| school.members(*group).into_iter().collect())
                .collect();
            all.sort();
            all
        })
    };
    assert_eq!(names(&ours), names(&hand));
}

/// Sets of 50 students, 1 % of whom are to change teams. `waits`: the plans wait for a common
/// guard, so the sets are read again.
async fn night(sets: usize, waits: bool) {
    let work = match waits {
        false => format!("{sets} sets of 50, 1 % changed"),
        true => "the same, and plans that wait for each other".to_owned(),
    };
    let mut changed = BTreeSet::new();
    fastrand::seed(7);
    while changed.len() < sets / 2 {
        changed.insert((fastrand::usize(..sets), fastrand::usize(..50)));
    }
    let team_of = |set: usize, student: usize| match changed.contains(&(set, student)) {
        true => (student / 5 + 1) % 10,
        false => student / 5,
    };
    if !waits && sets <= 100 {
        let hand = place(sets, 50, 10).await;
        let since = Instant::now();
        let client = Hand::of(&hand);
        for (number, set) in hand.sets.iter().enumerate() {
            let path = format!("group_categories/{}/groups?per_page=100", set.id);
            let groups = client.get(&path).await;
            assert_eq!(groups.as_array().unwrap().len(), 10);
            for (place, student) in set.students.iter().enumerate() {
                let group = set.groups[team_of(number, place)];
                let path = format!("groups/{group}/memberships");
                client.post(&path, &json!({"user_id": student})).await;
            }
        }
        hand.row(&work, "by hand", 0, since);
    }

    let ours = place(sets, 50, 10).await;
    let since = Instant::now();
    let mut planned = Vec::new();
    let mut verified = 0;
    for (number, set) in ours.sets.iter().enumerate() {
        let mut teams = vec![Vec::new(); 10];
        for (place, student) in set.students.iter().enumerate() {
            teams[team_of(number, place)].push(*student);
        }
        let teams = (1..).zip(teams);
        let teams =
            teams.map(|(team, members)| Team::named(format!("Team {team}")).members(members));
        let roster = Roster::of(set.id).must_be_in(set.course).teams(teams);
        if waits {
            let snapshot = ours.canvas.snapshot(&roster).await.unwrap();
            planned.push(Plan::new(&roster, &snapshot, &Policy::default()));
        } else {
            let (plan, report) = sync(&ours.canvas, &roster).await;
            assert!(report.is_complete(), "{report}");
            verified += usize::from(!plan.is_empty());
        }
    }
    let guard = Guard::of_all(&planned);
    for mut plan in planned {
        // As if the night had gone on for two minutes.
        plan.taken_at -= Duration::from_secs(120);
        let report = ours.canvas.apply(&plan, &guard).await.unwrap();
        assert!(report.is_complete(), "{report}");
        verified += usize::from(!plan.is_empty());
    }
    let calls = ours.row(&work, "ours", verified, since);
    assert!(
        100 * calls <= sets * if waits { 390 } else { 310 },
        "{calls}"
    );
    for (number, set) in ours.sets.iter().enumerate() {
        let names = set.groups.iter().zip(1..);
        let names: BTreeMap<_, _> = names
            .map(|(group, number)| (*group, format!("Team {number}")))
            .collect();
        let state = ours.state(set, &names);
        for (place, student) in set.students.iter().enumerate() {
            let team = format!("Team {}", team_of(number, place) + 1);
            assert!(state[&team].contains(student), "{number} {place}");
        }
    }
}

/// The most memory that this process had, in MiB (Linux).
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? / 1024)
}

async fn sync(canvas: &Canvas, roster: &Roster) -> (Plan, Report) {
    let snapshot = canvas.snapshot(roster).await.unwrap();
    let plan = Plan::new(roster, &snapshot, &Policy::default());
    let report = canvas.apply(&plan, &Guard::none()).await.unwrap();
    (plan, report)
}

/// What people write: one call after the other, and again when the throttle refuses.
struct Hand {
    client: reqwest::Client,
    root: String,
    token: String,
}

impl Hand {
    fn of(place: &Place) -> Self {
        Self {
            client: reqwest::Client::new(),
            root: format!("{}/api/v1", place.fake.url()),
            token: place.fake.token().to_owned(),
        }
    }

    async fn get(&self, path: &str) -> Value {
        self.send(|| self.client.get(format!("{}/{path}", self.root)))
            .await
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        self.send(|| self.client.post(format!("{}/{path}", self.root)).json(body))
            .await
    }

    async fn send(&self, request: impl Fn() -> reqwest::RequestBuilder) -> Value {
        loop {
            let request = request()
                .bearer_auth(&self.token)
                .header("user-agent", "loop");
            let response = request.send().await.unwrap();
            if response.status().is_success() {
                return response.json().await.unwrap();
            }
            let refused = matches!(response.status().as_u16(), 403 | 429);
            assert!(refused, "{response:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}
