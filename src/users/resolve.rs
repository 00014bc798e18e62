//! Many keys of the institution's own turned into numbers, by one list.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use http::Method;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::ListCourseUsers;
use crate::{
    Canvas, Content, Endpoint, Error, ErrorKind, Page, Result, UserId, ids::keys::UserKey, service,
};

/// What became of the keys that were to be resolved. Each stands in one of the three places, as it
/// was given.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ResolvedUsers {
    /// The keys that one user of the list has.
    pub found: BTreeMap<UserKey, UserId>,
    /// The keys that no user of the list has, in the order in which they were given.
    pub unknown: Vec<UserKey>,
    /// The keys that several users of the list have.
    pub ambiguous: BTreeMap<UserKey, BTreeSet<UserId>>,
}

impl ResolvedUsers {
    /// The user of a key, if there is exactly one.
    pub fn get(&self, key: &UserKey) -> Option<UserId> {
        self.found.get(key).copied()
    }

    /// Whether every key has exactly one user.
    pub fn is_complete(&self) -> bool {
        self.unknown.is_empty() && self.ambiguous.is_empty()
    }
}

impl Canvas {
    /// Turns SIS ids and logins of users of a course into their numbers.
    ///
    /// The users are those of the list that is given, with its filters. It is read page by page, a
    /// request for each 100 users of the course, however many keys there are; without keys nothing
    /// is sent. SIS ids are compared to the letter, logins without regard to case. A key that is an
    /// id already is found if its user is in the list.
    ///
    /// A key is unknown if none of the users listed has it. There may still be somebody with it
    /// elsewhere in the account, or enrolled in a state that the list leaves out: only active and
    /// invited users are in it unless
    /// [`enrollment_state`](ListCourseUsers::enrollment_state) says otherwise. Of each user the list
    /// shows one login and its SIS id, and of those who have not accepted their invitation the SIS
    /// id alone. [`GetUser`](super::GetUser) finds a single user in all of the account, by any
    /// login.
    ///
    /// # Errors
    /// [`ErrorKind::Forbidden`] where the list has users but shows nobody's SIS id, or nobody's
    /// login, so that it cannot be told who is unknown: the caller lacks the right to see them. Else
    /// those of [`ListCourseUsers`].
    ///
    /// # Examples
    /// ```no_run
    /// # async fn run(canvas: canvas_groups::Canvas, group: canvas_groups::GroupId) -> canvas_groups::Result<()> {
    /// use canvas_groups::memberships::AddMembers;
    /// use canvas_groups::{CourseRef, csv::UserKey, users::ListCourseUsers};
    ///
    /// let list = ListCourseUsers::new(CourseRef::sis("MATH-101"));
    /// let keys = ["SHEL93921", "AMY61"].map(UserKey::sis);
    /// let users = canvas.resolve_users(list, keys).await?;
    /// for key in &users.unknown {
    ///     eprintln!("nobody in the course has the key {key:?}");
    /// }
    /// canvas.send(AddMembers::new(group, users.found.values())).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn resolve_users<K: IntoIterator<Item = UserKey>>(
        &self,
        list: ListCourseUsers,
        keys: K,
    ) -> impl Future<Output = Result<ResolvedUsers>> + Send + use<K> {
        let mut index = Index::of(keys);
        let mut pages = self.stream(KeysOnly(list)).pages();
        async move {
            if index.wanted.is_empty() {
                return Ok(ResolvedUsers::default());
            }
            while let Some(page) = pages.try_next().await? {
                page.items.into_iter().for_each(|user| index.add(user));
            }
            index.resolved()
        }
    }
}

/// The list with answers of which only the keys are read: courses can be large.
struct KeysOnly(ListCourseUsers);

impl Serialize for KeysOnly {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl Endpoint for KeysOnly {
    type Service = service::Canvas;
    type Response = Page<Listed>;
    const METHOD: Method = ListCourseUsers::METHOD;
    const ROUTE: &'static str = ListCourseUsers::ROUTE;
    const ALWAYS_LINKED: bool = ListCourseUsers::ALWAYS_LINKED;
    fn path(&self) -> String {
        self.0.path()
    }
    fn content(&self) -> Result<Content> {
        self.0.content()
    }
}

#[derive(Debug, Deserialize)]
struct Listed {
    id: UserId,
    /// `None` if the caller may not see it, `Some(None)` if there is none.
    #[serde(default, deserialize_with = "shown")]
    sis_user_id: Option<Option<String>>,
    #[serde(default, deserialize_with = "shown")]
    login_id: Option<Option<String>>,
}

fn shown<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// The keys that are looked for, and who has been found to have them.
#[derive(Default)]
struct Index {
    /// In the order in which they were given.
    wanted: Vec<UserKey>,
    ids: HashMap<UserId, BTreeSet<UserId>>,
    sis: Column,
    logins: Column,
    has_users: bool,
}

/// The users of each key of one kind, in the form in which keys are compared.
#[derive(Default)]
struct Column {
    users: HashMap<String, BTreeSet<UserId>>,
    is_shown: bool,
}

impl Column {
    fn add(&mut self, user: UserId, key: Option<Option<String>>, compared: fn(&str) -> String) {
        let Some(key) = key else { return };
        self.is_shown = true;
        let users = key.and_then(|key| self.users.get_mut(&compared(&key)));
        users.into_iter().for_each(|users| {
            users.insert(user);
        });
    }

    fn is_hidden(&self) -> bool {
        !self.users.is_empty() && !self.is_shown
    }
}

fn to_the_letter(text: &str) -> String {
    text.to_owned()
}

fn without_case(text: &str) -> String {
    text.to_lowercase()
}

impl Index {
    fn of(keys: impl IntoIterator<Item = UserKey>) -> Self {
        let mut this = Self::default();
        let mut seen = BTreeSet::new();
        for key in keys {
            match &key {
                UserKey::Canvas(id) => this.ids.entry(*id).or_default(),
                UserKey::Sis(id) => this.sis.users.entry(to_the_letter(id)).or_default(),
                UserKey::Login(login) => this.logins.users.entry(without_case(login)).or_default(),
            };
            if seen.insert(key.clone()) {
                this.wanted.push(key);
            }
        }
        this
    }

    fn add(&mut self, user: Listed) {
        self.has_users = true;
        if let Some(users) = self.ids.get_mut(&user.id) {
            users.insert(user.id);
        }
        self.sis.add(user.id, user.sis_user_id, to_the_letter);
        self.logins.add(user.id, user.login_id, without_case);
    }

    fn resolved(self) -> Result<ResolvedUsers> {
        if self.has_users && self.sis.is_hidden() {
            return Err(hidden(
                "the list shows no SIS ids: its caller needs the right to read SIS data in the \
                 course",
            ));
        }
        if self.has_users && self.logins.is_hidden() {
            return Err(hidden(
                "the list shows no logins: its caller needs the right to see logins in the course",
            ));
        }
        let mut resolved = ResolvedUsers::default();
        for key in self.wanted {
            let users = match &key {
                UserKey::Canvas(id) => self.ids.get(id),
                UserKey::Sis(id) => self.sis.users.get(&to_the_letter(id)),
                UserKey::Login(login) => self.logins.users.get(&without_case(login)),
            };
            let mut users = users.into_iter().flatten();
            match (users.next(), users.next()) {
                (None, _) => resolved.unknown.push(key),
                (Some(user), None) => {
                    resolved.found.insert(key, *user);
                }
                (Some(first), Some(second)) => {
                    let all = [first, second].into_iter().chain(users).copied().collect();
                    resolved.ambiguous.insert(key, all);
                }
            }
        }
        Ok(resolved)
    }
}

fn hidden(message: &str) -> Error {
    Error::new(ErrorKind::Forbidden, message)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn resolve(users: Value, keys: impl IntoIterator<Item = UserKey>) -> Result<ResolvedUsers> {
        let mut index = Index::of(keys);
        let users: Vec<Listed> = serde_json::from_value(users).unwrap();
        users.into_iter().for_each(|user| index.add(user));
        index.resolved()
    }

    fn course() -> Value {
        json!([
            {"id": 2, "sis_user_id": "S2", "login_id": "Sheldon@caltech.example.com"},
            {"id": "3", "sis_user_id": "s2", "login_id": "amy"},
            {"id": 4, "sis_user_id": null, "login_id": "AMY"},
            {"id": 5, "sis_user_id": "S5"},
            {"id": 2, "sis_user_id": "S2", "login_id": "Sheldon@caltech.example.com"},
        ])
    }

    #[test]
    fn sis_ids_are_compared_to_the_letter_logins_without_case_and_ids_looked_up() {
        let (sis, login) = (UserKey::sis, UserKey::login);
        for (key, expected) in [
            (sis("S2"), [2].as_slice()),
            (sis("s2"), &[3]),
            (sis("S5"), &[5]),
            (sis(" S2"), &[]),
            (sis("2"), &[]),
            (sis(""), &[]),
            (sis("amy"), &[]),
            (login("sheldon@CALTECH.example.com"), &[2]),
            (login("Amy"), &[3, 4]),
            (login("S2"), &[]),
            (login("am"), &[]),
            (UserId::new(5).into(), &[5]),
            (UserId::new(6).into(), &[]),
        ] {
            let resolved = resolve(course(), [key.clone()]).unwrap();
            let users: BTreeSet<_> = expected.iter().copied().map(UserId::new).collect();
            let found = match users.len() {
                0 => resolved.unknown == [key.clone()],
                1 => resolved.get(&key) == users.first().copied(),
                _ => resolved.ambiguous.get(&key) == Some(&users),
            };
            assert!(found, "{key:?}: {resolved:?}");
            let places = (
                resolved.found.len(),
                resolved.unknown.len(),
                resolved.ambiguous.len(),
            );
            assert_eq!(places.0 + places.1 + places.2, 1, "{key:?}: {resolved:?}");
            assert_eq!(resolved.is_complete(), users.len() == 1);
        }
    }

    #[test]
    fn each_key_stands_in_one_place_as_it_was_given() {
        let keys = ["x", "SHELDON@caltech.example.com", "a", "amy", "x"].map(UserKey::login);
        let again = UserKey::login("sheldon@caltech.example.com");
        let resolved = resolve(course(), keys.iter().cloned().chain([again.clone()])).unwrap();
        assert_eq!(resolved.unknown, [keys[0].clone(), keys[2].clone()]);
        let found = [keys[1].clone(), again].map(|key| (key, UserId::new(2)));
        assert_eq!(resolved.found, found.into());
        assert_eq!(resolved.ambiguous.keys().collect::<Vec<_>>(), [&keys[3]]);
    }

    #[test]
    fn a_list_that_shows_no_keys_makes_nobody_unknown() {
        let bare = json!([{"id": 2}, {"id": 3}]);
        let sis_alone = json!([{"id": 2, "sis_user_id": null}]);
        let logins_alone = json!([{"id": 2, "login_id": "amy"}, {"id": 3}]);
        for (users, key, hidden) in [
            (&bare, UserKey::sis("S2"), true),
            (&bare, UserKey::login("amy"), true),
            (&bare, UserId::new(9).into(), false),
            (&sis_alone, UserKey::sis("S2"), false),
            (&sis_alone, UserKey::login("amy"), true),
            (&logins_alone, UserKey::sis("S2"), true),
            (&logins_alone, UserKey::login("bernie"), false),
            (&json!([]), UserKey::sis("S2"), false),
            (&json!([]), UserKey::login("amy"), false),
        ] {
            match resolve(users.clone(), [key.clone()]) {
                Err(error) => {
                    assert!(hidden, "{key:?} of {users}");
                    assert_eq!(error.kind(), ErrorKind::Forbidden);
                    let words = error.to_string();
                    assert!(words.contains("needs the right to"), "{words}");
                }
                Ok(resolved) => {
                    assert!(!hidden, "{key:?} of {users}");
                    assert_eq!(resolved.unknown, [key]);
                }
            }
        }
    }
}
