//! What on a cluster a stack does not own, and how it would take it over.

use super::survey::Survey;
use crate::lang::quoted_string;
use crate::live::{Fact, Owner, Snapshot, StackName};
use crate::value::{Address, Identity, Place, Text};
use std::collections::BTreeMap;

/// An object that is not the stack's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unowned {
    pub identity: Identity<Place>,
    /// The address it has, if the files declare it.
    pub address: Option<Address>,
    /// The stack it belongs to, if it is one's.
    pub owner: Option<Text>,
}

impl Unowned {
    /// The block that lets the stack take it over, if the files declare it.
    pub fn adopt(&self) -> Option<String> {
        Some(adopt_block(&self.address.as_ref()?.to_string(), self.owner.as_deref()))
    }
}

/// What a stack does not own of a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    pub unowned: Vec<Unowned>,
    /// What could not be read, and why.
    pub unread: Vec<(Identity<Place>, Text)>,
}

/// Everything of a cluster that the stack does not own: the cluster, its add-ons, its associations and the roles
/// of the account that these name; and what could not be read, and why. The snapshot holds what [`super::wants`]
/// asked for.
pub fn unowned(
    place: &Place,
    cluster: &str,
    snapshot: &Snapshot,
    stack: &StackName,
    declared: &BTreeMap<Identity<Place>, Address>,
) -> Listing {
    let survey = Survey::new(place, cluster, snapshot);
    let mut listing = Listing::default();
    if let Some(Fact::Denied(why)) = snapshot.members.get(&survey.cluster) {
        listing.unread.push((survey.cluster.clone(), why.clone()));
    }
    for identity in survey.all() {
        match snapshot.object(identity) {
            Some(Fact::Known(object)) if !object.owner.is(stack) => {
                let owner = match &object.owner {
                    Owner::None => None,
                    Owner::Stack { stack, .. } => Some(stack.clone()),
                };
                let address = declared.get(identity).cloned();
                listing.unowned.push(Unowned { identity: identity.clone(), address, owner });
            }
            Some(Fact::Denied(why)) => listing.unread.push((identity.clone(), why.clone())),
            _ => {}
        }
    }
    listing
}

/// `adopt { to = … }`, laid out.
pub fn adopt_block(address: &str, from: Option<&str>) -> String {
    match from {
        None => format!("adopt {{\n  to = {address}\n}}\n"),
        Some(stack) => {
            format!("adopt {{\n  to         = {address}\n  from_stack = {}\n}}\n", quoted_string(stack))
        }
    }
}
