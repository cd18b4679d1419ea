//! A live cluster as the files of a stack.

use super::files::Files;
use super::survey::Survey;
use crate::diagnostic::Diagnostic;
use crate::kinds::{self, Schema};
use crate::live::{Fact, Object, Owner, Phase, Snapshot, StackName};
use crate::value::{Address, Identity, Place, ProviderRef, Text};
use std::collections::{BTreeMap, BTreeSet};

/// What is to be written, and for which stack.
pub struct Request<'a> {
    /// Holds what [`super::wants`] asked for.
    pub snapshot: &'a Snapshot,
    pub provider: &'a ProviderRef,
    /// The cluster's name.
    pub cluster: &'a str,
    pub stack: &'a StackName,
    /// Whether there are no files yet, so that the stack and its provider have to be written as well.
    pub new_stack: bool,
    /// Another stack whose objects are to be taken over.
    pub from_stack: Option<&'a str>,
    /// What the stack declares already.
    pub declared: &'a BTreeMap<Identity<Place>, Address>,
    /// Blocks there are already, by kind and label.
    pub labels: &'a BTreeSet<(String, String)>,
    /// Tags that the provider adds by itself.
    pub default_tags: &'a BTreeMap<Text, Text>,
    /// Access entries of the cluster, which eksform does not manage.
    pub access_entries: &'a Fact<Vec<Text>>,
    /// The name of the file with the adopt blocks, if they are to be written.
    pub adopt_file: Option<String>,
}

/// The files, and what has to be said about them.
#[derive(Clone, Debug, Default)]
pub struct Imported {
    /// Names and texts.
    pub files: Vec<(String, String)>,
    /// Addresses that are to be adopted, each with the stack it is taken from.
    pub adopted: BTreeMap<Text, Option<Text>>,
    /// How many objects of each kind are described.
    pub counts: Vec<(&'static str, usize)>,
    /// Objects that are not described, and why.
    pub left_out: Vec<(Identity<Place>, String)>,
    /// What eksform has no kind for.
    pub unmanaged: Vec<String>,
    /// Objects that the stack declares already.
    pub declared: usize,
}

/// Describes the cluster and everything that belongs to it. An error if the cluster is not there, or could not be
/// read, or if there is nothing to describe.
pub fn import(request: &Request<'_>) -> Result<Imported, Box<Diagnostic>> {
    let place = request.snapshot.place(request.provider, true).ok_or_else(|| missing(request, None))?;
    let survey = Survey::new(&place, request.cluster, request.snapshot);
    if survey.object(&survey.cluster).is_none() {
        return Err(missing(request, survey.denied(&survey.cluster)));
    }
    if let Some(Fact::Denied(why)) = request.snapshot.members.get(&survey.cluster) {
        return Err(missing(request, Some(why)));
    }
    let mut imported = Imported::default();
    let drafts = choose(request, &survey, &mut imported);
    if drafts.is_empty() {
        return Err(nothing(request, &imported));
    }
    Files::new(request, &survey, drafts, imported).write()
}

fn missing(request: &Request<'_>, denied: Option<&str>) -> Box<Diagnostic> {
    let cluster = request.cluster;
    Box::new(match denied {
        Some(why) => Diagnostic::error(
            "unreadable",
            format!("The cluster \"{cluster}\" and what lives in it could not be read"),
        )
        .with_note(why)
        .help("a failed read is never taken for absence: grant the permission, or try again"),
        None => {
            let place = request.snapshot.place(request.provider, true);
            let place = place.map(|place| format!(" in {place}")).unwrap_or_default();
            Diagnostic::error("missing-cluster", format!("There is no cluster \"{cluster}\"{place}"))
                .help("check the name, the region and the account")
        }
    })
}

fn nothing(request: &Request<'_>, imported: &Imported) -> Box<Diagnostic> {
    let mut diagnostic = Diagnostic::error(
        "nothing-to-import",
        format!("There is nothing to write for the cluster \"{}\"", request.cluster),
    );
    if imported.declared > 0 {
        diagnostic = diagnostic.with_note(format!("declared already: {}", imported.declared));
    }
    for (identity, why) in &imported.left_out {
        diagnostic = diagnostic.with_note(format!("{} {}: {why}", identity.kind, identity.name()));
    }
    Box::new(diagnostic.help(match imported.left_out.is_empty() {
        true => "eksform adopt lists what the stack does not own yet",
        false => "to take over what another stack owns, add: --from-stack STACK",
    }))
}

/// One object to be described.
pub(super) struct Draft<'a> {
    pub schema: &'static Schema,
    pub object: &'a Object,
    /// The stack it is to be taken from.
    pub from: Option<Text>,
    /// Whether the stack owns it already.
    pub owned: bool,
}

/// Sorts out what is described.
fn choose<'a>(
    request: &Request<'a>,
    survey: &Survey<'a>,
    imported: &mut Imported,
) -> BTreeMap<Identity<Place>, Draft<'a>> {
    let mut drafts = BTreeMap::new();
    for identity in survey.all() {
        if request.declared.contains_key(identity) {
            imported.declared += 1;
            continue;
        }
        match chosen(request, survey, identity) {
            Ok(draft) => {
                drafts.insert(identity.clone(), draft);
            }
            Err(why) => imported.left_out.push((identity.clone(), why)),
        }
    }
    drafts
}

fn chosen<'a>(
    request: &Request<'a>,
    survey: &Survey<'a>,
    identity: &Identity<Place>,
) -> Result<Draft<'a>, String> {
    let (Some(object), Some(schema)) = (survey.object(identity), kinds::schema(&identity.kind)) else {
        return Err(match survey.denied(identity) {
            Some(why) => format!("it could not be read: {why}"),
            None => "it does not exist".to_string(),
        });
    };
    match object.phase {
        Phase::Deleting => return Err("it is being deleted".to_string()),
        Phase::Failed => return Err(format!("it is {}", object.status)),
        Phase::Settled | Phase::Busy => {}
    }
    let owned = object.owner.is(request.stack);
    let from = match &object.owner {
        Owner::Stack { stack, .. } if !owned && Some(stack.as_ref()) != request.from_stack => {
            return Err(format!("it belongs to the stack \"{stack}\""));
        }
        Owner::Stack { stack, .. } if !owned => Some(stack.clone()),
        _ => None,
    };
    Ok(Draft { schema, object, from, owned })
}
