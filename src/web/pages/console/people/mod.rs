//! The people of a tenant: searched, shown, helped, invited.

mod invite;
mod link;
mod list;
mod person;
mod words;

pub use invite::{ConsoleInvite, InviteValues};
pub use link::ConsoleUserLink;
pub use list::{ConsolePeople, PeopleFilter, PersonRow};
pub use person::{
    ConsentRow, ConsolePerson, LocalFacts, PersonActions, PersonDone, PersonFacts, PersonForm, RoleRow, SessionRow,
    Unconfirmed,
};

#[cfg(test)]
mod samples;
