//! What on a cluster a stack does not own, and how it would take it over.

use super::survey::Survey;
use crate::lang::quoted_string;
use crate::live::{Owner, Snapshot, StackName};
use crate::value::{Address, Identity, Place};
use std::collections::BTreeMap;
use std::sync::Arc;

/// An object that is not the stack's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unowned {
    pub identity: Identity<Place>,
    /// The address it has, if the files declare it.
    pub address: Option<Address>,
    /// The stack it belongs to, if it is one's.
    pub owner: Option<Arc<str>>,
}

impl Unowned {
    /// The block that lets the stack take it over, if the files declare it.
    pub fn adopt(&self) -> Option<String> {
        Some(adopt_block(&self.address.as_ref()?.to_string(), self.owner.as_deref()))
    }
}

/// Everything of a cluster that the stack does not own: the cluster, its add-ons, its associations and the roles
/// of the account that these name. Holds what [`super::wants`] asked for.
pub fn unowned(
    place: &Place,
    cluster: &str,
    snapshot: &Snapshot,
    stack: &StackName,
    declared: &BTreeMap<Identity<Place>, Address>,
) -> Vec<Unowned> {
    let survey = Survey::new(place, cluster, snapshot);
    let found = survey.all().filter_map(|identity| {
        let object = survey.object(identity)?;
        if object.owner.is(stack) {
            return None;
        }
        let owner = match &object.owner {
            Owner::None => None,
            Owner::Stack { stack, .. } => Some(stack.clone()),
        };
        Some(Unowned { identity: identity.clone(), address: declared.get(identity).cloned(), owner })
    });
    found.collect()
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
