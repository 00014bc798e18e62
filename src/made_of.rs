//! Constructors of models, for tests that users write.

/// Gives a model a `new` that takes the fields that are always there and leaves all others empty.
///
/// Models may get further fields, so code outside this crate cannot write them as literals.
macro_rules! made_of {
    ($model:ident { $($needed:ident: $type:ty),+ $(; $($other:ident),+)? }) => {
        impl $model {
            /// A record with this and nothing else, for tests of your own. All fields are public:
            /// set those that a test needs.
            pub fn new($($needed: impl Into<$type>),+) -> Self {
                Self {
                    $($needed: $needed.into(),)+
                    $($($other: Default::default(),)+)?
                }
            }
        }
    };
}

pub(crate) use made_of;
