//! `eksform adopt`: lists what exists on the stack's clusters and is not the stack's.

use super::args::{Adopt, Global};
use super::output::Terminal;
use super::plan::finish;
use super::session::{self, Broken, Surveyed};
use super::{DONE, Exit, import};
use crate::author::{self, Listing, Unowned};
use crate::kinds;
use crate::live::Fact;
use crate::value::{Identity, Place, Text};
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub fn run(global: &Global, args: &Adopt, terminal: &Terminal) -> Exit {
    let result = session::block_on(async {
        let surveyed = session::survey(global, &args.variables).await?;
        let found = Found::of(&surveyed);
        if args.json {
            terminal.print(&format!("{:#}\n", found.json(&surveyed)));
        } else {
            terminal.print(&format!("{}\n\n", session::header(&surveyed.connected, &surveyed.snapshot)));
            terminal.print(&found.text());
        }
        Ok::<Exit, Broken>(DONE)
    });
    finish(result, terminal)
}

/// What is not the stack's, by cluster; and what could not be read.
struct Found {
    clusters: Vec<(Identity<Place>, Vec<Unowned>)>,
    unread: Vec<(Identity<Place>, Text)>,
    /// Clusters that are declared and not there.
    missing: BTreeSet<Identity<Place>>,
}

impl Found {
    fn of(surveyed: &Surveyed) -> Self {
        let declared = import::identities(&surveyed.evaluation);
        let mut found = Self { clusters: Vec::new(), unread: Vec::new(), missing: BTreeSet::new() };
        for (provider, cluster) in &surveyed.clusters {
            let Some(place) = surveyed.snapshot.place(provider, true) else { continue };
            let stack = &surveyed.evaluation.stack;
            let Listing { unowned, unread } =
                author::unowned(&place, cluster, &surveyed.snapshot, stack, &declared);
            let cluster = kinds::identity(&place, "cluster", &[cluster]);
            if matches!(surveyed.snapshot.object(&cluster), Some(Fact::Absent)) {
                found.missing.insert(cluster.clone());
            }
            found.clusters.push((cluster, unowned));
            found.unread.extend(unread);
        }
        // A role that several clusters' members use is listed once.
        let mut seen = BTreeSet::new();
        for (_, unowned) in &mut found.clusters {
            unowned.retain(|one| seen.insert(one.identity.clone()));
        }
        found.unread.sort();
        found.unread.dedup();
        found
    }

    fn text(&self) -> String {
        let mut text = String::new();
        if self.clusters.is_empty() {
            text.push_str("The files name no cluster.\n");
        }
        let mut blocks: Vec<String> = Vec::new();
        for (cluster, unowned) in &self.clusters {
            let name = cluster.name();
            if self.missing.contains(cluster) {
                text.push_str(&format!("The cluster {name} ({}) does not exist yet.\n", cluster.scope));
                continue;
            }
            if unowned.is_empty() {
                text.push_str(&format!(
                    "Everything that could be read of the cluster {name} is this stack's.\n"
                ));
                continue;
            }
            text.push_str(&format!(
                "Of the cluster {name} ({}), this stack does not own:\n\n",
                cluster.scope
            ));
            let shown: Vec<(String, String, String)> = unowned.iter().map(row).collect();
            let width = |column: fn(&(String, String, String)) -> &str| {
                shown.iter().map(|row| column(row).chars().count()).max().unwrap_or(0)
            };
            let (first, second) = (width(|row| &row.0), width(|row| &row.1));
            for (object, address, owner) in &shown {
                let line = format!("  {object:first$}  {address:second$}  {owner}");
                text.push_str(line.trim_end());
                text.push('\n');
            }
            text.push('\n');
            blocks.extend(unowned.iter().filter_map(Unowned::adopt));
            if unowned.iter().any(|one| one.address.is_none()) {
                text.push_str(&format!(
                    "What is not declared has no address yet: eksform import cluster {name} writes its blocks.\n\n"
                ));
            }
        }
        if !blocks.is_empty() {
            text.push_str(&format!("To take over what is declared, write:\n\n{}", blocks.join("\n")));
        }
        if !self.unread.is_empty() {
            text.push_str("\nCould not be read:\n");
            for (identity, why) in &self.unread {
                text.push_str(&format!("  {identity}: {why}\n"));
            }
        }
        text
    }

    fn json(&self, surveyed: &Surveyed) -> Value {
        let objects = self.clusters.iter().flat_map(|(cluster, unowned)| {
            unowned.iter().map(move |one| {
                let place = &one.identity.scope;
                json!({
                    "cluster": cluster.name(), "kind": *one.identity.kind, "name": one.identity.name(),
                    "account": *place.account, "region": place.region.as_deref(),
                    "owner": one.owner.as_deref(),
                    "address": one.address.as_ref().map(ToString::to_string), "adopt": one.adopt(),
                })
            })
        });
        let unread = self
            .unread
            .iter()
            .map(|(identity, why)| json!({ "kind": *identity.kind, "name": identity.name(), "why": **why }));
        json!({
            "format_version": "1.0", "stack": surveyed.evaluation.stack.to_string(),
            "objects": objects.collect::<Vec<_>>(), "unread": unread.collect::<Vec<_>>(),
        })
    }
}

/// Object, address and owner, in words.
fn row(one: &Unowned) -> (String, String, String) {
    let address = one.address.as_ref().map_or_else(|| "not declared".to_string(), ToString::to_string);
    let owner = match &one.owner {
        Some(stack) => format!("belongs to the stack \"{stack}\""),
        None => String::new(),
    };
    (format!("{} {}", one.identity.kind, one.identity.name()), address, owner)
}
