//! `eksform verify`: whether what was applied really works.

use super::args::{Global, Verify};
use super::kubernetes::{self, Kubernetes};
use super::output::Terminal;
use super::plan::finish;
use super::session::{self, Broken, Surveyed};
use super::{DONE, ERROR, Exit, NOT_WORKING};
use crate::apply;
use crate::diagnostic::{Diagnostic, Sources, did_you_mean};
use crate::discover::{Declared, Outcome, Pods, Verification, VerifyRow, verify_wants};
use crate::live::{Fact, Snapshot};
use crate::render;
use crate::stack::Evaluation;
use crate::value::{Identity, Place, ProviderRef, Text, Value};
use std::collections::{BTreeMap, BTreeSet};

pub fn run(global: &Global, args: &Verify, terminal: &Terminal) -> Exit {
    finish(session::block_on(verify(global, args, terminal)), terminal)
}

async fn verify(global: &Global, args: &Verify, terminal: &Terminal) -> Result<Exit, Broken> {
    // What is wrong with the kubeconfig is said before any call.
    let kubernetes = match &args.kubeconfig {
        None => None,
        Some(file) => {
            let file = file.as_ref().map(|file| global.path(file));
            let read = Kubernetes::read(file.as_deref(), args.context.as_deref());
            Some(read.map_err(|problem| vec![*problem])?)
        }
    };
    let mut surveyed = session::survey(global, &args.variables).await?;
    let declared = declared(&surveyed.evaluation);
    let clusters = clusters(&surveyed, &args.cluster)?;
    if kubernetes.is_some() && clusters.len() > 1 {
        return Err(vec![
            Diagnostic::error(
                "kubeconfig",
                "A context of a kubeconfig is one cluster, and this stack has more",
            )
            .help("say which one it is: --cluster NAME"),
        ]
        .into());
    }
    let wanted = |snapshot: &Snapshot| {
        clusters.iter().flat_map(|(provider, name)| verify_wants(provider, name, snapshot)).collect()
    };
    let aws = &surveyed.connected.aws;
    apply::gather(&surveyed.evaluation, aws, &mut surveyed.snapshot, &wanted).await?;
    let snapshot = &surveyed.snapshot;
    let places: Vec<(Place, &Text)> = clusters
        .iter()
        .filter_map(|(provider, name)| Some((snapshot.place(provider, true)?, name)))
        .collect();
    let mut verification =
        Verification { stack: &surveyed.evaluation.stack, declared: &declared, snapshot, pods: None };
    let pods = match &kubernetes {
        None => None,
        Some(kubernetes) => Some(look(kubernetes, &verification, &places, terminal).await?),
    };
    verification.pods = pods.as_ref();
    let mut rows: Vec<VerifyRow> = Vec::new();
    for (place, name) in &places {
        rows.extend(verification.rows(place, name));
    }
    let stack = surveyed.evaluation.stack.to_string();
    if args.json {
        terminal.print(&render::json_verification(&stack, &rows));
    } else {
        terminal.print(&format!("{}\n\n", session::header(&surveyed.connected, snapshot)));
        terminal.print(&render::verification(&rows, terminal.style()));
    }
    Ok(match rows.iter().map(VerifyRow::outcome).max().unwrap_or_default() {
        Outcome::Working | Outcome::Warning => DONE,
        Outcome::Unknown => ERROR,
        Outcome::NotWorking => NOT_WORKING,
    })
}

/// What the files declare, by identity.
fn declared(evaluation: &Evaluation) -> BTreeMap<Identity<Place>, Declared> {
    let instances = evaluation.instances.iter().filter_map(|instance| {
        let blocks = instance.proposed.after.get("pod_identity_association").and_then(Value::as_map);
        let service_accounts = blocks.into_iter().flatten().map(|(account, _)| account.clone()).collect();
        let address = Some(instance.address.clone());
        Some((instance.identity.clone()?, Declared { address, service_accounts }))
    });
    instances.collect()
}

/// The clusters that the files name and those in which the stack owns something; of these, the ones asked for.
fn clusters(surveyed: &Surveyed, asked: &[String]) -> Result<BTreeSet<(ProviderRef, Text)>, Broken> {
    let mut all = surveyed.clusters.clone();
    let (snapshot, stack) = (&surveyed.snapshot, &surveyed.evaluation.stack);
    let known: BTreeSet<(Place, Text)> = all
        .iter()
        .filter_map(|(provider, name)| Some((snapshot.place(provider, true)?, name.clone())))
        .collect();
    for (identity, _) in snapshot.existing().filter(|(_, object)| object.owner.is(stack)) {
        let name: Text = identity.part(0).into();
        let lives_there = ["cluster", "addon", "pod_identity_association"].contains(&&*identity.kind);
        if !lives_there || known.contains(&(identity.scope.clone(), name.clone())) {
            continue;
        }
        let mut providers = surveyed.evaluation.providers.keys();
        if let Some(provider) =
            providers.find(|it| snapshot.place(it, true).as_ref() == Some(&identity.scope))
        {
            all.insert((provider.clone(), name));
        }
    }
    for name in asked {
        if !all.iter().any(|(_, cluster)| **cluster == **name) {
            let names = all.iter().map(|(_, cluster)| &**cluster);
            return Err(vec![
                Diagnostic::error(
                    "missing-cluster",
                    format!("This stack has nothing in a cluster \"{name}\""),
                )
                .help(did_you_mean(name, names)),
            ]
            .into());
        }
    }
    all.retain(|(_, cluster)| asked.is_empty() || asked.iter().any(|name| **name == **cluster));
    Ok(all)
}

/// Lists the pods of every namespace that matters.
async fn look(
    kubernetes: &Kubernetes,
    verification: &Verification<'_>,
    places: &[(Place, &Text)],
    terminal: &Terminal,
) -> Result<Pods, Broken> {
    let mut found = Pods::new();
    for (place, name) in places {
        let cluster = crate::kinds::identity(place, "cluster", &[name]);
        let object = verification.snapshot.object(&cluster).and_then(Fact::known);
        let endpoint = object.map(|object| object.text("endpoint")).unwrap_or_default();
        let same = |endpoint: &str| endpoint.trim_end_matches('/') == kubernetes.server.trim_end_matches('/');
        if !endpoint.is_empty() && !same(endpoint) {
            let warning = Diagnostic::warning(
                "kubeconfig",
                format!("The context \"{}\" may be of another cluster than \"{name}\"", kubernetes.context),
            )
            .with_note(format!("It leads to {}, and the cluster is at {endpoint}.", kubernetes.server))
            .help("all is well if this is a tunnel; else name the context: --context NAME");
            terminal.complain(&[warning], &Sources::default());
        }
        let client = kubernetes.connect().await.map_err(|problem| vec![*problem])?;
        let namespaces = verification.namespaces(place, name);
        let pods = kubernetes::pods_of(&client, namespaces).await;
        found.extend(pods.into_iter().map(|(namespace, pods)| ((cluster.clone(), namespace), pods)));
    }
    Ok(found)
}
