//! What a plan never does without being told to, and what AWS would refuse.

use super::build::{Builder, arn};
use super::change::{ChangeAction, Ownership, Reason};
use super::draft::{ByIdentity, Draft, by_identity};
use super::relations::{Name, named_by};
use crate::diagnostic::Diagnostic;
use crate::kinds;
use crate::kinds::version::{minor, numbers};
use crate::live::{Coverage, Fact, Members, Owner, Phase};
use crate::stack::{Instance, Mode};
use crate::value::{Address, Identity, Place, Value, Want};
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::OnceCell;
use std::collections::BTreeSet;

/// Adds every refusal to the builder's findings.
pub(super) fn check(builder: &mut Builder<'_>) {
    clusters(builder);
    adopted(builder);
    prevented(builder);
    roles_in_use(builder);
    versions(builder);
    not_searched(builder);
}

/// Destroying means everything: what could not be looked for would be left without a word.
fn not_searched(builder: &mut Builder<'_>) {
    let whole = builder.inputs.mode == Mode::Destroy && builder.inputs.targets.is_empty();
    if !whole || builder.inputs.partial {
        return;
    }
    let mut missed = builder
        .snapshot
        .coverage
        .iter()
        .filter_map(|((place, kind), coverage)| match coverage {
            Coverage::Partial(why) => Some(format!("{kind} in {place}: {why}")),
            Coverage::Complete => None,
        })
        .peekable();
    if missed.peek().is_some() {
        let diagnostic = Diagnostic::error(
            "not-searched",
            "Not everything that the stack may own could be searched, so something may be left behind",
        );
        builder.findings.push(
            missed
                .fold(diagnostic, Diagnostic::with_note)
                .help("grant the permissions to look, or destroy what was found with --partial"),
        );
    }
}

fn deletes<'a, 'b>(builder: &'a Builder<'b>, kind: &'static str) -> impl Iterator<Item = &'a Draft<'b>> {
    builder
        .drafts
        .iter()
        .filter(move |draft| draft.action == ChangeAction::Delete && draft.schema.kind == kind)
}

/// Destroying a cluster is never an accident.
fn clusters(builder: &mut Builder<'_>) {
    let mut found = Vec::new();
    let mut wants = BTreeSet::new();
    let goes =
        |draft: &&Draft<'_>| draft.action == ChangeAction::Delete || draft.reason == Reason::BeingDeleted;
    let gone: OnceCell<FxHashSet<&Identity<Place>>> = OnceCell::new();
    let gone =
        || gone.get_or_init(|| builder.drafts.iter().filter(goes).map(|draft| draft.identity).collect());
    // By the names that addresses give to clusters.
    let addressed: OnceCell<FxHashMap<&str, Vec<&Identity<Place>>>> = OnceCell::new();
    let addressed = || {
        addressed.get_or_init(|| {
            let mut addressed: FxHashMap<&str, Vec<_>> = FxHashMap::default();
            for draft in &builder.drafts {
                if let Some(name) = draft.address.and_then(bare_cluster) {
                    addressed.entry(name).or_default().push(draft.identity);
                }
            }
            addressed
        })
    };
    let allowed = &builder.inputs.allow_destroy;
    for draft in deletes(builder, "cluster") {
        let name = draft.identity.part(0);
        let by_name = format!("cluster.{name}");
        let address = draft.address.map(ToString::to_string);
        // Where an address reads like the name of another cluster, it is the address.
        let means_other =
            || addressed().get(name).into_iter().flatten().any(|other| *other != draft.identity);
        let consented = (allowed.contains(by_name.as_str()) && !means_other())
            || address.as_deref().is_some_and(|address| allowed.contains(address))
            || builder.evaluation.allow_destroy.contains(name);
        let verb = match draft.reason {
            Reason::ForcesReplacement(_)
            | Reason::Triggered(_)
            | Reason::Broken(_)
            | Reason::Requested
            | Reason::ParentReplaced(_)
            | Reason::Moved(_) => "replace",
            _ => "destroy",
        };
        let shown = address.unwrap_or(by_name);
        let protected =
            draft.before.and_then(|before| before.get("deletion_protection")).and_then(Value::as_bool);
        if protected == Some(true) {
            found.push(
                Diagnostic::error(
                    "deletion-protection",
                    format!("The cluster \"{name}\" has deletion protection on, so AWS refuses to delete it"),
                )
                .about(&shown)
                .help("set deletion_protection = false and apply that first"),
            );
        }
        if !consented {
            found.push(
                Diagnostic::error(
                    "destroys-cluster",
                    format!("This plan would {verb} the cluster \"{name}\", which was not asked for"),
                )
                .about(&shown)
                .with_note("Everything that runs on it is lost.")
                .help(format!("if that is meant, add --allow-destroy {shown}")),
            );
        }
        match builder.snapshot.members.get(draft.identity) {
            Some(Fact::Known(members)) => found.extend(company(gone(), draft.identity, members)),
            Some(_) => {}
            None => {
                wants.insert(Want::Members { provider: draft.provider.clone(), cluster: name.into() });
            }
        }
    }
    builder.findings.append(&mut found);
    builder.wants.append(&mut wants);
}

/// The name, if the address reads `cluster.NAME`.
fn bare_cluster(address: &Address) -> Option<&str> {
    let bare = *address.kind == *"cluster" && address.module.is_empty() && address.key.is_none();
    bare.then_some(address.name.as_str())
}

/// What goes with a cluster, or stands in the way of deleting it.
fn company(
    gone: &FxHashSet<&Identity<Place>>,
    cluster: &Identity<Place>,
    members: &Members,
) -> Vec<Diagnostic> {
    let name = cluster.part(0);
    let planned = |kind: &str, rest: &[&str]| {
        let key: Vec<&str> = std::iter::once(name).chain(rest.iter().copied()).collect();
        gone.contains(&kinds::identity(&cluster.scope, kind, &key))
    };
    let addons = members
        .addons
        .iter()
        .filter(|addon| !planned("addon", &[addon]))
        .map(|addon| format!("add-on {addon}"));
    let associations = members
        .associations
        .iter()
        .filter(|member| member.owner_arn.is_none())
        .filter(|member| !planned("pod_identity_association", &[&member.namespace, &member.service_account]))
        .map(|member| format!("association {}/{}", member.namespace, member.service_account));
    let lost: Vec<String> = addons.chain(associations).collect();
    let mut found = Vec::new();
    if !lost.is_empty() {
        found.push(
            Diagnostic::warning(
                "lost-with-cluster",
                format!("Deleting the cluster \"{name}\" also deletes what this stack does not own"),
            )
            .with_note(lost.join(", ")),
        );
    }
    let blocking: Vec<String> = (members.node_groups.iter().map(|group| format!("node group {group}")))
        .chain(members.fargate_profiles.iter().map(|profile| format!("Fargate profile {profile}")))
        .collect();
    if !blocking.is_empty() {
        found.push(
            Diagnostic::error(
                "cluster-has-compute",
                format!("AWS refuses to delete the cluster \"{name}\" while it has compute"),
            )
            .with_note(blocking.join(", "))
            .help("delete them first, with the tool that made them"),
        );
    }
    found
}

/// Consent to take an object over is none to destroy it.
fn adopted(builder: &mut Builder<'_>) {
    let mut found = Vec::new();
    for draft in builder.drafts.iter().filter(|draft| draft.action == ChangeAction::Delete) {
        let Some(instance) = builder.instance_of(draft) else {
            continue;
        };
        if !matches!(draft.ownership, Ownership::Adopt { .. }) {
            continue;
        }
        let diagnostic = Diagnostic::error(
            "adopt-destroys",
            format!("{} is to be adopted, and this plan would destroy it to make it anew", instance.address),
        )
        .at(instance.span)
        .about(&instance.address);
        found.push(match &draft.reason {
            Reason::ForcesReplacement(paths) => {
                let names: Vec<String> = paths.iter().map(ToString::to_string).collect();
                diagnostic
                    .label(format!("{} cannot change in place", names.join(" and ")))
                    .help("describe it as it is, adopt it, and change it afterwards")
            }
            Reason::Triggered(_) => diagnostic
                .label("replace_triggered_by makes it be replaced")
                .help("adopt it first, and change what triggers it afterwards"),
            Reason::Broken(status) => diagnostic
                .label(format!("it is {status}"))
                .help("delete it with the tool that made it; then it is created here"),
            Reason::Requested => {
                diagnostic.label("--replace asks for it").help("adopt it first, and replace it afterwards")
            }
            _ => diagnostic
                .label("it would go with what it lives in")
                .help("adopt it first, and replace what it lives in afterwards"),
        });
    }
    builder.findings.append(&mut found);
}

/// `lifecycle { prevent_destroy = true }`.
fn prevented(builder: &mut Builder<'_>) {
    let mut found = Vec::new();
    for draft in builder.drafts.iter().filter(|draft| draft.action == ChangeAction::Delete) {
        let Some(instance) = builder.instance_of(draft) else {
            continue;
        };
        if instance.prevent_destroy {
            found.push(
                Diagnostic::error(
                    "prevent-destroy",
                    format!("{} has prevent_destroy, and this plan would destroy it", instance.address),
                )
                .at(instance.span)
                .about(&instance.address)
                .help("remove prevent_destroy, or what makes the plan destroy it"),
            );
        }
    }
    builder.findings.append(&mut found);
}

/// No IAM check stops the deletion of a role that an association or an add-on still names.
fn roles_in_use(builder: &mut Builder<'_>) {
    let drafts = &builder.drafts;
    // What comes back under the same name goes on being used.
    let come_back: FxHashSet<usize> = drafts
        .iter()
        .filter_map(|draft| draft.replaces.filter(|old| drafts[*old].identity == draft.identity))
        .collect();
    let goes = |(at, draft): &(usize, &Draft<'_>)| {
        draft.action == ChangeAction::Delete && draft.schema.kind == "role" && !come_back.contains(at)
    };
    let deleted = drafts.iter().enumerate().filter(goes);
    let mut users: FxHashMap<&str, Vec<&Identity<Place>>> =
        deleted.clone().filter_map(|(_, draft)| Some((arn(draft.before)?, Vec::new()))).collect();
    if users.is_empty() {
        return;
    }
    let changes = by_identity(drafts);
    // An add-on speaks for its own associations.
    for (identity, object) in builder.snapshot.existing().filter(|(_, object)| object.parent.is_none()) {
        let Some(schema) = kinds::schema(&identity.kind) else { continue };
        for name in named_by(schema, &identity.scope, &object.attributes) {
            let Name::Arn(arn) = name else { continue };
            let Some(users) = users.get_mut(arn) else { continue };
            let going = object.phase == Phase::Deleting && changes.contains_key(identity);
            if !going && !drops(&changes, identity, arn) && users.last() != Some(&identity) {
                users.push(identity);
            }
        }
    }
    let mut found = Vec::new();
    for (_, draft) in deleted {
        let users = arn(draft.before).and_then(|arn| users.get(arn)).filter(|users| !users.is_empty());
        let Some(users) = users else { continue };
        let names: Vec<String> = users
            .iter()
            .map(|user| {
                let owner =
                    match builder.snapshot.object(user).and_then(Fact::known).map(|object| &object.owner) {
                        Some(Owner::Stack { stack, .. }) => format!(" of the stack \"{stack}\""),
                        _ => ", which no stack owns".to_string(),
                    };
                format!("{user}{owner}")
            })
            .collect();
        found.push(
            Diagnostic::error(
                "role-in-use",
                format!("The role \"{}\" is still used, so it is not deleted", draft.identity.name()),
            )
            .with_note(format!("used by {}", names.join("; ")))
            .help("remove or change what uses it first, or keep the role declared"),
        );
    }
    builder.findings.append(&mut found);
}

/// Whether the plan deletes the object or changes it so that it no longer names the ARN.
fn drops(changes: &ByIdentity<'_, '_>, identity: &Identity<Place>, arn: &str) -> bool {
    changes.get(identity).into_iter().flatten().any(|draft| match (draft.action, draft.after.as_deref()) {
        (ChangeAction::Delete, _) => true,
        (ChangeAction::Update, Some(after)) => {
            !named_by(draft.schema, &identity.scope, after).contains(&Name::Arn(arn))
        }
        _ => false,
    })
}

/// Versions only go up, and clusters one minor at a time.
fn versions(builder: &mut Builder<'_>) {
    if builder.inputs.mode == Mode::Destroy {
        return;
    }
    let mut found = Vec::new();
    for draft in builder.drafts.iter().filter(|draft| draft.action == ChangeAction::Update) {
        let Some(instance) = builder.instance_of(draft) else {
            continue;
        };
        for difference in draft.differences.iter() {
            let (Some("version"), Some(live), Some(file)) =
                (difference.path.root(), difference.before.as_str(), difference.after.as_str())
            else {
                continue;
            };
            let (from, to) = (numbers(live), numbers(file));
            if to < from {
                found.push(
                    version_error(instance, "older-version", live, file).help(match &instance.pin {
                        None => format!("write: version = \"{live}\""),
                        Some(pin) => format!(
                            "\"{}\" means {file} here: eksform upgrade --addon {} moves it, or write: version = \"{live}\"",
                            pin.key.constraint, pin.key.addon
                        ),
                    }),
                );
            } else if instance.schema.kind == "cluster"
                && let (Some(now), Some(then)) = (minor(live), minor(file))
                && then > now + 1
            {
                found.push(
                    Diagnostic::error(
                        "skipped-minor",
                        format!(
                            "EKS moves {} one minor version at a time, not from {live} to {file}",
                            instance.address
                        ),
                    )
                    .at(instance.spans.get(&difference.path).copied().unwrap_or(instance.span))
                    .about(&instance.address)
                    .help(format!(
                        "eksform upgrade --cluster {} --kubernetes-version {file} goes there step by step; or write 1.{}, apply, and go on from there",
                        instance.symbolic.part(0),
                        now + 1
                    )),
                );
            }
        }
    }
    builder.findings.append(&mut found);
}

fn version_error(instance: &Instance, code: &'static str, live: &str, file: &str) -> Diagnostic {
    let path = crate::value::Path::attribute("version");
    Diagnostic::error(
        code,
        format!("{} is at {live} already, newer than {file} in the files", instance.address),
    )
    .at(instance.spans.get(&path).copied().unwrap_or(instance.span))
    .label("would be a downgrade")
    .about(&instance.address)
}
