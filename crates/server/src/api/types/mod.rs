//! The JSON that clients see. These are our own types, converted by hand from the nouns of `segel-model`, so that a
//! change inside the house never changes an answer by accident.

/// An enum of the model as the API spells it, with the way there and back.
macro_rules! mirror {
    ($(#[$doc:meta])* $name:ident of $model:path { $($variant:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $(#[allow(missing_docs)] $variant),+ }

        impl From<$model> for $name {
            fn from(value: $model) -> Self {
                use $model as Model;
                match value { $(Model::$variant => Self::$variant),+ }
            }
        }

        impl From<$name> for $model {
            fn from(value: $name) -> Self {
                use $model as Model;
                match value { $($name::$variant => Model::$variant),+ }
            }
        }
    };
}

mod assessment;
mod common;
mod documents;
mod intake;
mod journal;
mod live;
mod people;
mod routes;
mod seals;
mod trips;
mod watch;

pub use assessment::*;
pub use common::*;
pub use documents::*;
pub use intake::*;
pub use journal::*;
pub use live::*;
pub use people::*;
pub use routes::*;
pub use seals::*;
pub use trips::*;
pub use watch::*;
