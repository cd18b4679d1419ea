//! What an upgrade is about: a cluster that the files declare, or name, and the add-ons declared on it.

use crate::diagnostic::{Diagnostic, Span, did_you_mean};
use crate::kinds;
use crate::kinds::version::{Requirement, minor};
use crate::live::{Fact, Snapshot};
use crate::stack::{Evaluation, Instance};
use crate::value::{Address, Path, Place, ProviderRef, Text};
use std::collections::{BTreeMap, BTreeSet};

use super::way::State;

/// What shall move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goal {
    /// The cluster's name on AWS, and the provider it belongs to.
    pub cluster: Text,
    pub provider: ProviderRef,
    /// The Kubernetes version it shall have.
    pub kubernetes: Option<Text>,
    /// Only these add-ons, by name or address; all if there are none.
    pub addons: BTreeSet<Text>,
}

impl Goal {
    /// Whether the add-on is asked for by name.
    pub fn names(&self, subject: &Subject) -> bool {
        self.addons.contains(&subject.name) || self.addons.contains(subject.address.to_string().as_str())
    }

    /// Whether the add-on shall move for its own sake.
    pub fn concerns(&self, subject: &Subject) -> bool {
        self.addons.is_empty() || self.names(subject)
    }
}

/// What the files ask of an add-on's version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Nothing: it is left alone.
    Omitted,
    /// One version.
    Exact {
        version: Text,
    },
    Constraint(Text),
}

/// An add-on of the cluster.
#[derive(Clone, Debug)]
pub struct Subject {
    pub address: Address,
    pub name: Text,
    pub asked: Asked,
    /// Where the files give the version, else the block.
    pub span: Span,
}

impl Subject {
    /// Whether the files would take a version.
    pub fn admits(&self, version: &str) -> bool {
        match &self.asked {
            // An exact one is rewritten.
            Asked::Omitted | Asked::Exact { .. } => true,
            Asked::Constraint(text) => Requirement::parse(text).is_some_and(|asked| asked.admits(version)),
        }
    }
}

/// Everything an upgrade starts from.
#[derive(Clone, Debug)]
pub struct Gathered {
    pub goal: Goal,
    pub subjects: Vec<Subject>,
    pub place: Place,
    pub state: State,
}

/// Finds the cluster (by address or name; the only one if none is named) and its add-ons, and what is live.
pub fn gather(
    evaluation: &Evaluation,
    snapshot: &Snapshot,
    cluster: Option<&str>,
    kubernetes: Option<&str>,
    addons: &[String],
) -> Result<Gathered, Vec<Diagnostic>> {
    let (name, provider, declared) = find(evaluation, cluster)?;
    let place = snapshot.place(&provider, true).ok_or_else(|| {
        vec![Diagnostic::error("no-caller", format!("{provider} cannot tell whose account it works in"))]
    })?;
    let live = snapshot.object(&kinds::identity(&place, "cluster", &[&name])).and_then(Fact::known);
    let Some(object) = live else {
        let mut diagnostic = Diagnostic::error(
            "missing-cluster",
            format!("There is no cluster \"{name}\" in the account yet"),
        )
        .help("apply first: what does not exist is made at the right versions");
        if let Some(instance) = declared {
            diagnostic = diagnostic.at(instance.span);
        }
        return Err(vec![diagnostic]);
    };
    if declared.is_none() && kubernetes.is_some() {
        return Err(vec![
            Diagnostic::error(
                "undeclared-cluster",
                format!("The cluster \"{name}\" is declared elsewhere, so its Kubernetes version is not this stack's to move"),
            )
            .help("upgrade it where it is managed; without --kubernetes-version its add-ons are moved"),
        ]);
    }
    // Files that are ahead of the cluster by more than one minor version say where it shall go.
    let written = declared.and_then(|instance| instance.desired.get("version")?.as_str());
    let kubernetes = kubernetes.or(written.filter(|version| minor(version) > minor(object.text("version"))));
    let goal = Goal {
        cluster: name.clone(),
        provider: provider.clone(),
        kubernetes: kubernetes.map(Text::from),
        addons: addons.iter().map(|name| name.as_str().into()).collect(),
    };
    let mut state = State { kubernetes: object.text("version").into(), addons: BTreeMap::new() };
    let mut subjects = Vec::new();
    for instance in &evaluation.instances {
        if instance.schema.kind != "addon"
            || instance.provider != provider
            || instance.symbolic.part(0) != &*name
        {
            continue;
        }
        let identity = instance.symbolic.within(place.clone());
        let subject = subject(instance);
        if let Some(Fact::Known(object)) = snapshot.object(&identity) {
            state.addons.insert(subject.name.clone(), object.text("version").into());
        }
        subjects.push(subject);
    }
    subjects.sort_by(|a, b| a.name.cmp(&b.name));
    for wanted in &goal.addons {
        let known = |subject: &Subject| subject.name == *wanted || subject.address.to_string() == **wanted;
        if !subjects.iter().any(known) {
            let names = subjects.iter().map(|subject| subject.name.as_ref());
            return Err(vec![
                Diagnostic::error(
                    "unknown-reference",
                    format!("--addon {wanted}: the stack declares no such add-on on the cluster \"{name}\""),
                )
                .help(did_you_mean(wanted, names)),
            ]);
        }
    }
    Ok(Gathered { goal, subjects, place, state })
}

fn subject(instance: &Instance) -> Subject {
    let asked = match (&instance.pin, instance.desired.get("version").and_then(|value| value.as_str())) {
        (Some(pin), _) => Asked::Constraint(pin.key.constraint.clone()),
        (None, Some(version)) => Asked::Exact { version: version.into() },
        (None, None) => Asked::Omitted,
    };
    let span = instance.spans.get(&Path::attribute("version")).copied().unwrap_or(instance.span);
    Subject { address: instance.address.clone(), name: instance.symbolic.part(1).into(), asked, span }
}

/// A cluster's name and provider, and its declaration if the stack has one.
type Found<'a> = (Text, ProviderRef, Option<&'a Instance>);

fn find<'a>(evaluation: &'a Evaluation, wanted: Option<&str>) -> Result<Found<'a>, Vec<Diagnostic>> {
    let declared: Vec<&Instance> = evaluation
        .instances
        .iter()
        .map(AsRef::as_ref)
        .filter(|instance| instance.schema.kind == "cluster")
        .collect();
    // Clusters of others that add-ons are declared on.
    let named: BTreeSet<(Text, ProviderRef)> = evaluation
        .instances
        .iter()
        .filter(|instance| instance.schema.kind == "addon")
        .map(|instance| (instance.symbolic.part(0).into(), instance.provider.clone()))
        .collect();
    let mut all: BTreeMap<(Text, ProviderRef), Option<&Instance>> =
        named.into_iter().map(|key| (key, None)).collect();
    for instance in declared {
        all.insert((instance.symbolic.part(0).into(), instance.provider.clone()), Some(instance));
    }
    let fits = |name: &str, instance: Option<&Instance>| match wanted {
        None => true,
        Some(wanted) => {
            wanted == name || instance.is_some_and(|instance| instance.address.to_string() == wanted)
        }
    };
    let fitting: Vec<_> = all.iter().filter(|((name, _), instance)| fits(name, **instance)).collect();
    match fitting.as_slice() {
        [((name, provider), instance)] => Ok((name.clone(), provider.clone(), **instance)),
        [] => {
            let names: Vec<&str> = all.keys().map(|(name, _)| name.as_ref()).collect();
            Err(vec![match wanted {
                Some(wanted) => Diagnostic::error(
                    "unknown-reference",
                    format!("--cluster {wanted}: the stack has no such cluster"),
                )
                .help(did_you_mean(wanted, names)),
                None => Diagnostic::error("unknown-reference", "The stack declares no cluster and no add-on")
                    .help("there is nothing to upgrade"),
            }])
        }
        several => {
            let names: Vec<&str> = several.iter().map(|((name, _), _)| name.as_ref()).collect();
            Err(vec![
                Diagnostic::error("ambiguous", "The stack has several clusters")
                    .with_note(names.join(", "))
                    .help("name one: --cluster NAME, or its address"),
            ])
        }
    }
}
