//! What an add-on claims anew and somebody else has: AWS gives a service account one association, and an
//! add-on takes over none that exists.

use super::build::Builder;
use super::change::ChangeAction;
use super::draft::{ByIdentity, Draft, by_identity};
use crate::diagnostic::Diagnostic;
use crate::kinds;
use crate::live::{Fact, Object, Owner, Phase};
use crate::stack::{Instance, Mode};
use crate::value::{Identity, Map, Path, Place, Text, Want};
use std::cell::OnceCell;

const BLOCKS: &str = "pod_identity_association";

/// Asks for what is not known yet, and refuses what AWS would.
pub(super) fn check(builder: &mut Builder<'_>) {
    if builder.inputs.mode == Mode::Destroy {
        return;
    }
    let (mut wants, mut found) = (Vec::new(), Vec::new());
    let makes = |draft: &&Draft| {
        let claims = draft.schema.attribute(BLOCKS).is_some_and(|blocks| blocks.claims.is_some());
        claims && matches!(draft.action, ChangeAction::Create | ChangeAction::Update)
    };
    let changes = OnceCell::new();
    for draft in builder.drafts.iter().filter(makes) {
        let Some(instance) = builder.instance_of(draft) else {
            continue;
        };
        let claims = Claims { builder, changes: &changes, draft, instance };
        if claims.cluster_stays() {
            claims.check(&mut wants, &mut found);
        }
    }
    builder.wants.extend(wants);
    builder.findings.append(&mut found);
}

/// The claims of one add-on that is made or changed.
struct Claims<'a, 'b> {
    builder: &'a Builder<'b>,
    /// By what they are about, once somebody asked.
    changes: &'a OnceCell<ByIdentity<'a, 'b>>,
    draft: &'a Draft<'b>,
    instance: &'a Instance,
}

/// The blocks of an add-on by the service accounts they name.
pub(super) fn accounts(attributes: Option<&Map>) -> Option<&Map> {
    attributes?.get(BLOCKS)?.as_map()
}

impl Claims<'_, '_> {
    fn cluster(&self) -> &str {
        self.draft.identity.part(0)
    }

    fn identity(&self, kind: &str, parts: &[&str]) -> Identity<Place> {
        kinds::identity(&self.draft.identity.scope, kind, parts)
    }

    fn changes(&self, identity: &Identity<Place>) -> impl Iterator<Item = &Draft<'_>> {
        let changes = self.changes.get_or_init(|| by_identity(&self.builder.drafts));
        changes.get(identity).into_iter().flatten().copied()
    }

    /// A cluster that is not there, or goes, holds nothing that could be in the way.
    fn cluster_stays(&self) -> bool {
        let identity = self.identity("cluster", &[self.cluster()]);
        let there = self.builder.snapshot.object(&identity).and_then(Fact::known);
        there.is_some_and(|cluster| cluster.phase != Phase::Deleting)
            && !self.changes(&identity).any(|draft| draft.action == ChangeAction::Delete)
    }

    fn check(&self, wants: &mut Vec<Want>, found: &mut Vec<Diagnostic>) {
        let own = self.draft.identity;
        let live = self.builder.snapshot.object(own).and_then(Fact::known);
        let live = accounts(live.map(|object| &object.attributes));
        let claimed = accounts(self.draft.after.as_deref()).into_iter().flat_map(Map::keys);
        let anew = claimed.filter(|account| live.is_none_or(|live| !live.contains_key(*account)));
        for account in anew {
            match self.instance.claims.get(account) {
                Some(identity) => {
                    let identity = identity.within(own.scope.clone());
                    self.one(account, &identity, true, wants, found);
                }
                None => self.anywhere(account, wants, found),
            }
        }
    }

    /// In whatever namespace the add-on will be: AWS decides that when it is made.
    fn anywhere(&self, account: &Text, wants: &mut Vec<Want>, found: &mut Vec<Diagnostic>) {
        let cluster = self.identity("cluster", &[self.cluster()]);
        let members = match self.builder.snapshot.members.get(&cluster) {
            Some(Fact::Known(members)) => members,
            // Without leave to list, AWS says it at apply.
            Some(_) => return,
            None => {
                let provider = self.instance.provider.clone();
                wants.push(Want::Members { provider, cluster: self.cluster().into() });
                return;
            }
        };
        for member in members.associations.iter().filter(|member| member.service_account == *account) {
            match &member.owner_arn {
                // …:addon/CLUSTER/NAME/ID
                Some(arn) => {
                    let addon = arn.rsplit('/').nth(1).unwrap_or_default();
                    let owner = self.identity("addon", &[self.cluster(), addon]);
                    found.extend(self.held_by_addon(account, &owner));
                }
                None => {
                    let key = [self.cluster(), &member.namespace, account];
                    let identity = self.identity(BLOCKS, &key);
                    self.one(account, &identity, false, wants, found);
                }
            }
        }
    }

    /// Whether the association with this identity is in the way.
    fn one(
        &self,
        account: &Text,
        identity: &Identity<Place>,
        certain: bool,
        wants: &mut Vec<Want>,
        found: &mut Vec<Diagnostic>,
    ) {
        match self.builder.snapshot.object(identity) {
            None => wants.push(Want::Object(identity.within(self.instance.provider.clone()))),
            Some(Fact::Absent) => {}
            Some(Fact::Denied(why)) => found.push(
                self.complaint(account, "unreadable", "cannot be looked at, so it may be in the way")
                    .with_note(why.to_string())
                    .help("a failed read is never taken for absence: grant the permission, or try again"),
            ),
            Some(Fact::Known(Object { parent: Some(parent), .. })) => {
                found.extend(self.held_by_addon(account, parent));
            }
            Some(Fact::Known(object)) => {
                let goes = self.changes(identity).any(|draft| draft.action == ChangeAction::Delete);
                if !goes {
                    found.push(self.held(account, identity, object, certain));
                }
            }
        }
    }

    fn held_by_addon(&self, account: &Text, owner: &Identity<Place>) -> Option<Diagnostic> {
        let lets_go = |draft: &Draft| match draft.action {
            ChangeAction::Delete => true,
            ChangeAction::Update => {
                accounts(draft.after.as_deref()).is_none_or(|kept| !kept.contains_key(account))
            }
            ChangeAction::Create | ChangeAction::Await => false,
        };
        if owner == self.draft.identity || self.changes(owner).any(lets_go) {
            return None;
        }
        let addon = owner.part(1);
        let diagnostic =
            self.complaint(account, "association-held", &format!("belongs to the add-on {addon}"));
        Some(diagnostic.help(format!("take the service account out of the add-on {addon} first")))
    }

    /// Why a stand-alone association stays that is in the way.
    fn held(&self, account: &Text, identity: &Identity<Place>, object: &Object, certain: bool) -> Diagnostic {
        let declared = self.builder.declared.get(identity);
        let (whose, help) = match (&object.owner, declared) {
            (_, Some(index)) => (
                format!("is declared as {}", self.builder.evaluation.instances[*index].address),
                "keep one of the two declarations".to_string(),
            ),
            (Owner::Stack { stack, .. }, None) => (
                format!("belongs to the stack \"{stack}\""),
                "remove it from that stack first, or leave it out of the add-on".to_string(),
            ),
            (Owner::None, None) => (
                "is not managed by any stack".to_string(),
                format!(
                    "delete it with what made it, or with\naws eks delete-pod-identity-association --cluster-name {} \
                     --association-id {}\nor leave it out of the add-on, and declare and adopt it as a \
                     pod_identity_association of its own",
                    self.cluster(),
                    object.text("association_id")
                ),
            ),
        };
        let namespace = identity.part(1);
        let mut diagnostic = self.complaint(account, "association-held", &whose).with_note(format!(
            "It gives {namespace}/{account} the role {}. AWS has one association for a service account, and \
             an add-on takes over none.",
            object.text("role_arn")
        ));
        if !certain {
            diagnostic = diagnostic.with_note(format!(
                "If the add-on is to be in another namespace than {namespace}, name it: namespace = \"…\""
            ));
        }
        diagnostic.help(help)
    }

    fn complaint(&self, account: &Text, code: &'static str, what: &str) -> Diagnostic {
        let path = Path::attribute(BLOCKS).key(account.clone());
        let span = self.instance.spans.get(&path).copied().unwrap_or(self.instance.span);
        Diagnostic::error(
            code,
            format!(
                "The cluster \"{}\" has an association for the service account \"{account}\" already, which {what}",
                self.cluster()
            ),
        )
        .at(span)
        .label("asks for an association of its own")
        .about(&self.instance.address)
    }
}
