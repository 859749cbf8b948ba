//! Each connection takes a descriptor. Systems start programs with a low soft limit, for the sake of old ones, and a much
//! higher hard one; whoever holds many connections asks for all of it.

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the soft limit of descriptors to the hard one, and says how many that is; nothing where there is no limit.
pub fn raise() -> io::Result<Option<u64>> {
    let maximum = getrlimit(Resource::Nofile).maximum;
    let all = Rlimit {
        current: maximum,
        maximum,
    };
    setrlimit(Resource::Nofile, all).map_err(|refused| {
        io::Error::other(format!("could not raise the limit of descriptors: {refused}"))
    })?;
    Ok(maximum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_is_the_hard_one_afterwards() {
        let raised = raise().expect("it may be raised so far");
        let limit = getrlimit(Resource::Nofile);
        assert_eq!(limit.current, limit.maximum);
        assert_eq!(raised, limit.maximum);
    }
}
