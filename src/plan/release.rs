//! What the stack lets go of: eksform's tags are taken off, and the object stays.

use super::build::Builder;
use super::change::{ChangeAction, Ownership, Reason};
use super::draft::Draft;
use super::relations::cluster_of;
use super::selection::{did_you_mean, is_aws_name, names_of};
use crate::diagnostic::Diagnostic;
use crate::diff::Difference;
use crate::kinds::OWNERSHIP;
use crate::live::Object;
use crate::value::{Address, AddressPattern, Identity, Path, Place, Value};
use rustc_hash::FxHashSet;
use std::borrow::Cow;
use std::collections::BTreeSet;

impl Builder<'_> {
    /// What `release` names, if that is all that is to be done.
    pub(super) fn released_by_name(&mut self) -> Option<BTreeSet<Identity<Place>>> {
        if self.inputs.releases.is_empty() {
            return None;
        }
        let owned: Vec<(&Identity<Place>, Option<&Address>)> = self
            .snapshot
            .existing()
            .filter(|(_, object)| object.owner.is(&self.evaluation.stack) && object.parent.is_none())
            .map(|(identity, object)| (identity, self.address_of(identity, object)))
            .collect();
        let (mut found, mut unknown) = (BTreeSet::new(), Vec::new());
        for text in &self.inputs.releases {
            let pattern = AddressPattern::parse(text);
            let meant = |address: &Address| pattern.as_ref().is_some_and(|pattern| pattern.matches(address));
            let by_address = owned.iter().filter(|(_, address)| address.is_some_and(meant));
            let mut named: Vec<_> = by_address.map(|(identity, _)| (*identity).clone()).collect();
            if named.is_empty() {
                let undeclared = owned.iter().filter(|(identity, _)| !self.declared.contains_key(*identity));
                let by_name = undeclared.filter(|(identity, _)| is_aws_name(text, identity));
                named.extend(by_name.map(|(identity, _)| (*identity).clone()));
            }
            if named.is_empty() {
                let mut names = names_of(owned.iter().filter_map(|(_, address)| *address));
                names.extend(owned.iter().map(|(identity, _)| super::selection::aws_name(identity)));
                let message = format!("release {text}: nothing is owned under this name");
                let diagnostic = Diagnostic::error("unknown-reference", message);
                unknown.push((None, diagnostic.help(did_you_mean(text, &names))));
            }
            found.extend(named);
        }
        self.blocked.append(&mut unknown);
        Some(found)
    }

    /// The address in the files, else the recorded one.
    fn address_of<'a>(&'a self, identity: &Identity<Place>, object: &'a Object) -> Option<&'a Address> {
        let declared = self.declared.get(identity).map(|index| &self.evaluation.instances[*index].address);
        declared.or(object.owner.recorded())
    }

    /// Whether a `removed` block says that what was declared under the address stays.
    pub(super) fn is_released(&self, address: Option<&Address>) -> bool {
        address.is_some_and(|address| self.evaluation.released.iter().any(|from| from.matches(address)))
    }

    /// A release of what the files still declare lasts until the next plan.
    pub(super) fn still_declared(&mut self) {
        for draft in self.drafts.iter().filter(|draft| draft.ownership == Ownership::Release) {
            let Some(instance) = self.instance_of(draft) else {
                continue;
            };
            self.findings.push(
                Diagnostic::warning("still-declared", format!("{} is still declared", instance.address))
                    .at(instance.span)
                    .label("the next plan finds it unowned, and refuses")
                    .about(&instance.address)
                    .help("remove the block as well"),
            );
        }
    }

    /// What is let go of is not deleted with the cluster it lives in.
    pub(super) fn released_with_cluster(&mut self) {
        let mut found = Vec::new();
        let goes =
            |draft: &&Draft<'_>| draft.action == ChangeAction::Delete && draft.schema.kind == "cluster";
        let gone: FxHashSet<_> =
            self.drafts.iter().filter(goes).map(|draft| cluster_of(draft.identity)).collect();
        for draft in self.drafts.iter().filter(|draft| draft.ownership == Ownership::Release) {
            if draft.schema.lives_in_cluster() && gone.contains(&cluster_of(draft.identity)) {
                let name = draft.shown_name();
                found.push(
                    Diagnostic::error(
                        "released-with-cluster",
                        format!("{name} is to be released, and this plan deletes the cluster it lives in"),
                    )
                    .about(name)
                    .help("release the cluster as well, or let it go with the cluster"),
                );
            }
        }
        self.findings.append(&mut found);
    }
}

/// Makes the change one that only takes eksform's tags off.
pub(super) fn release(draft: &mut Draft<'_>, object: &Object) {
    let mut after = object.attributes.clone();
    let tags = after.insert(OWNERSHIP.into(), Value::map(Default::default()));
    let Some(attribute) = draft.schema.attribute(OWNERSHIP) else { return };
    let tags = tags.as_ref().and_then(Value::as_map).into_iter().flatten();
    draft.differences = tags
        .map(|(key, value)| Difference {
            path: Path::attribute(OWNERSHIP).key(key.clone()),
            before: value.clone(),
            after: Value::NULL,
            change: attribute.change,
        })
        .collect();
    draft.after = Some(Cow::Owned(after));
    draft.action = ChangeAction::Update;
    draft.ownership = Ownership::Release;
    draft.reason = Reason::Released;
}
