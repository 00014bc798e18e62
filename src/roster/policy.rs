//! What a plan does where the roster alone does not say.

use serde::{Deserialize, Serialize};

macro_rules! choices {
    ($(
        $(#[$meta:meta])*
        $setter:ident: $name:ident {
            $(#[$first_doc:meta])* $first:ident,
            $($(#[$vdoc:meta])* $variant:ident,)+
        }
    )+) => {
        $(
            $(#[$meta])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
            #[serde(rename_all = "snake_case")]
            #[non_exhaustive]
            pub enum $name {
                $(#[$first_doc])* #[doc = "\n\nThe default."] #[default] $first,
                $($(#[$vdoc])* $variant,)+
            }
        )+

        /// What a [`Plan`](super::Plan) does where the roster alone does not say.
        ///
        /// ```
        /// use canvas_groups::roster::{Policy, Unlisted};
        ///
        /// let policy = Policy::default().unlisted(Unlisted::Empty);
        /// assert_eq!(policy.unlisted, Unlisted::Empty);
        /// ```
        #[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        #[non_exhaustive]
        pub struct Policy {
            $($(#[$meta])* pub $setter: $name,)+
        }

        impl Policy {
            $(
                $(#[$meta])*
                #[must_use]
                pub fn $setter(mut self, choice: $name) -> Self {
                    self.$setter = choice;
                    self
                }
            )+
        }
    };
}

choices! {
    /// Students who are in a listed team and not on its list.
    extras: Extras {
        /// They are removed.
        Remove,
        /// They stay.
        Keep,
    }
    /// Teams of the set that the roster does not list.
    unlisted: Unlisted {
        /// They stay as they are.
        Keep,
        /// Their students are removed; the teams stay.
        Empty,
        /// Their students are removed, and then the teams that nobody is in and nothing was handed
        /// in by.
        Delete,
    }
    /// Keys of people who are not students of the course.
    unknown_keys: UnknownKeys {
        /// An error. Canvas ids of [`Roster::in_no_team`](super::Roster::in_no_team) that come from
        /// no file are only noted: a snapshot names everybody without a team so, and whoever left
        /// the course is in none.
        Refuse,
        /// A warning. The team with that row loses nobody, because the person is most likely in it
        /// under another key.
        Skip,
    }
    /// Students who are in another team than they should be in.
    moves: Moves {
        /// They are moved.
        Do,
        /// An error.
        Refuse,
        /// A warning, and they stay where they are.
        Leave,
    }
    /// Students who should leave a team and go to no other.
    removals: Removals {
        /// They are removed.
        Do,
        /// An error.
        Refuse,
        /// A warning, and they stay where they are.
        Leave,
    }
    /// Teams of the roster that the set does not have.
    missing_teams: MissingTeams {
        /// They are made.
        Make,
        /// An error.
        Refuse,
    }
    /// A set that the course does not have.
    missing_set: MissingSet {
        /// An error.
        Refuse,
        /// It is made.
        Make,
    }
    /// Teams that are found by name, have no SIS id, and should have one.
    sis_ids: SisIds {
        /// An error: they are left as they are.
        Leave,
        /// They are given the SIS id.
        Adopt,
    }
    /// Students who leave a group that has handed something in.
    submissions: Submissions {
        /// A warning.
        Warn,
        /// An error.
        Refuse,
    }
    /// Sets in which students sign up by themselves.
    self_signup: SelfSignupSets {
        /// An error if there is anything to change: students and the roster would undo each other.
        Refuse,
        /// They are treated like any other.
        Ignore,
    }
    /// Students who change places between teams that are all full.
    rings: Rings {
        /// One team gets a seat more for as long as it takes.
        Turn,
        /// An error.
        Refuse,
    }
    /// Students who are in two teams of a set where one is meant.
    doubles: Doubles {
        /// A warning.
        Tell,
        /// They are removed from the teams where they are not wanted, if they are wanted in one.
        Mend,
    }
}

impl Policy {
    /// Only adds: makes teams and places students who have none. Nobody is removed or moved; who
    /// is elsewhere is told in a finding.
    pub fn add_only() -> Self {
        Self::default()
            .extras(Extras::Keep)
            .unlisted(Unlisted::Keep)
            .moves(Moves::Leave)
            .removals(Removals::Leave)
    }
}
