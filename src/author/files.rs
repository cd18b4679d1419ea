//! The objects that are described → blocks → files.

use super::block::{self, Body};
use super::expression::Expression;
use super::import::{Draft, Imported, Request};
use super::labels::Labels;
use super::policy;
use super::repeat::{self, Repeated};
use super::survey::{Role, Survey};
use super::unowned::adopt_block;
use crate::diagnostic::Diagnostic;
use crate::kinds::{self, RefersBy, RefersTo, Schema};
use crate::lang::{self, quoted_string};
use crate::live::{Fact, Owner};
use crate::value::{Identity, Key, Map, Place, Text, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// One block: of one object, or of several under `for_each`.
struct Unit {
    kind: &'static str,
    label: String,
    body: Body,
    /// Its objects, with their keys.
    members: Vec<(Identity<Place>, Option<String>)>,
}

impl Unit {
    fn address(&self, key: Option<&str>) -> String {
        let key = key.map(|key| format!("[{}]", quoted_string(key))).unwrap_or_default();
        format!("{}.{}{key}", self.kind, self.label)
    }
}

/// What an add-on's block could be called, best first.
pub(super) fn addon_names(identity: &Identity<Place>) -> [String; 2] {
    [identity.part(1).to_string(), identity.name().replace('/', "-")]
}

pub(super) struct Files<'a> {
    request: &'a Request<'a>,
    survey: &'a Survey<'a>,
    drafts: BTreeMap<Identity<Place>, Draft<'a>>,
    imported: Imported,
    labels: Labels,
    /// The block and the key that objects are referred to by.
    named: BTreeMap<Identity<Place>, (String, Option<String>)>,
    units: Vec<Unit>,
}

impl<'a> Files<'a> {
    pub fn new(
        request: &'a Request<'a>,
        survey: &'a Survey<'a>,
        drafts: BTreeMap<Identity<Place>, Draft<'a>>,
        imported: Imported,
    ) -> Self {
        let mut named = BTreeMap::new();
        for (identity, address) in request.declared {
            let key = match &address.key {
                // No reference written here has a number as its key.
                Some(Key::Int(_)) => continue,
                Some(Key::Str(key)) => Some(key.to_string()),
                None => None,
            };
            // What is in a module cannot be referred to.
            if address.module.is_empty() {
                named.insert(identity.clone(), (format!("{}.{}", address.kind, address.name), key));
            }
        }
        let labels = Labels::taken(request.labels.iter().cloned());
        Self { request, survey, drafts, imported, labels, named, units: Vec::new() }
    }

    /// Writes the files of a cluster.
    pub fn write(mut self) -> Result<Imported, Box<Diagnostic>> {
        self.units();
        if self.request.new_stack {
            let text = self.stack();
            self.file("stack.eks.hcl".to_string(), &text)?;
        }
        let header = self.header();
        let text = self.text(header);
        self.file(format!("{}.eks.hcl", self.request.cluster), &text)?;
        self.adopt()?;
        Ok(self.imported)
    }

    /// Writes the blocks into one file below a comment, and the adopt blocks. What lives in the cluster comes after
    /// the block `after`, if one is given.
    pub fn write_one(
        mut self,
        name: &str,
        about: &str,
        after: Option<&str>,
    ) -> Result<Imported, Box<Diagnostic>> {
        self.units();
        for unit in &mut self.units {
            if let Some(after) = after
                && unit.kind != "role"
                && unit.address(None) != after
            {
                let value = Expression::List(vec![Expression::Code(after.to_string())]);
                let depends = block::Item::Attribute { name: "depends_on".to_string(), value, comment: None };
                let is_block = |item: &block::Item| matches!(item, block::Item::Block { .. });
                let at = unit.body.0.iter().position(is_block).unwrap_or(unit.body.0.len());
                unit.body.0.insert(at, depends);
            }
        }
        let text = self.text(about.to_string());
        self.file(name.to_string(), &text)?;
        self.adopt()?;
        Ok(self.imported)
    }

    fn units(&mut self) {
        self.roles();
        let survey = self.survey;
        for identity in [&survey.cluster].into_iter().chain(&survey.addons) {
            self.single(identity);
        }
        self.associations();
    }

    /// Lays a text out.
    fn file(&mut self, name: String, text: &str) -> Result<(), Box<Diagnostic>> {
        let formatted = lang::format(text).map_err(|problems| {
            let what = problems.first().map(|problem| problem.message.clone()).unwrap_or_default();
            Box::new(
                Diagnostic::error("unwritable", format!("{name} would not be valid: {what}"))
                    .help("this is a mistake of eksform: please report it"),
            )
        })?;
        self.imported.files.push((name, formatted));
        Ok(())
    }

    fn roles(&mut self) {
        let is_role = |identity: &&Identity<Place>| &*identity.kind == "role";
        let roles: Vec<Identity<Place>> = self.drafts.keys().filter(is_role).cloned().collect();
        // Those of workloads may be many of a kind.
        let of_workloads = |identity: &Identity<Place>| {
            let mut users = self.survey.users_of(identity).peekable();
            users.peek().is_some() && users.all(|user| &*user.kind == "pod_identity_association")
        };
        let (workloads, others): (Vec<_>, Vec<_>) = roles.into_iter().partition(of_workloads);
        let wished = |files: &Self, identity: &Identity<Place>| {
            let mut users = files.survey.users_of(identity);
            match (users.next(), users.next()) {
                (Some(user), None) => user.part(2).to_string(),
                _ => identity.part(0).to_string(),
            }
        };
        let mut single = self.repeated(workloads, "name", None, &wished);
        single.extend(others);
        single.sort();
        for identity in single {
            self.single(&identity);
        }
    }

    fn associations(&mut self) {
        let described = |identity: &&Identity<Place>| self.drafts.contains_key(*identity);
        let all: Vec<Identity<Place>> = self.survey.associations.iter().filter(described).cloned().collect();
        let wished = |_: &Self, identity: &Identity<Place>| identity.part(2).to_string();
        let single = self.repeated(all, "service_account", Some("namespace"), &wished);
        for identity in single {
            self.single(&identity);
        }
    }

    /// Writes those that can be one block as one; the others come back.
    fn repeated(
        &mut self,
        objects: Vec<Identity<Place>>,
        key: &str,
        beside: Option<&str>,
        wished: &dyn Fn(&Self, &Identity<Place>) -> String,
    ) -> Vec<Identity<Place>> {
        let mut alike: BTreeMap<String, Vec<(Identity<Place>, Body)>> = BTreeMap::new();
        for identity in objects {
            if let Some(body) = self.body(&identity, None) {
                alike.entry(repeat::skeleton(&body)).or_default().push((identity, body));
            }
        }
        // In the order of the first of each.
        let mut groups: Vec<_> = alike.into_values().collect();
        groups.sort_by(|a, b| a.first().map(|(first, _)| first).cmp(&b.first().map(|(first, _)| first)));
        let mut single = Vec::new();
        for group in groups {
            let bodies: Vec<&Body> = group.iter().map(|(_, body)| body).collect();
            let keys: Vec<String> = group.iter().map(|(identity, _)| wished(self, identity)).collect();
            let repeated = repeat::repeat(&bodies, key, beside, &keys);
            let schema =
                group.first().and_then(|(identity, _)| self.drafts.get(identity)).map(|draft| draft.schema);
            let (Some(Repeated { names, body, keys }), Some(schema)) = (repeated, schema) else {
                single.extend(group.into_iter().map(|(identity, _)| identity));
                continue;
            };
            let label = self.labels.give(schema.kind, &names);
            let block = format!("{}.{label}", schema.kind);
            let identities = group.into_iter().map(|(identity, _)| identity);
            let members: Vec<_> = identities.zip(keys).map(|(identity, key)| (identity, Some(key))).collect();
            for (identity, key) in &members {
                self.named.insert(identity.clone(), (block.clone(), key.clone()));
            }
            self.units.push(Unit { kind: schema.kind, label, body, members });
        }
        single.sort();
        single
    }

    /// Writes one object as a block of its own, unless it is not described.
    fn single(&mut self, identity: &Identity<Place>) {
        let Some(draft) = self.drafts.get(identity) else { return };
        let schema = draft.schema;
        let mut names = Vec::new();
        if let (true, Owner::Stack { address: Some(address), .. }) = (draft.owned, &draft.object.owner)
            && address.kind == identity.kind
        {
            names.push(address.name.to_string());
        }
        match schema.kind {
            "pod_identity_association" => {
                let (namespace, account) = (identity.part(1), identity.part(2));
                let same = self.survey.associations.iter().filter(|other| other.part(2) == account);
                if same.count() == 1 {
                    names.push(account.to_string());
                }
                names.push(format!("{namespace}-{account}"));
            }
            "addon" => names.extend(addon_names(identity)),
            _ => names.push(draft.object.text("name").to_string()),
        }
        let label = self.labels.give(schema.kind, &names);
        self.named.insert(identity.clone(), (format!("{}.{label}", schema.kind), None));
        if let Some(body) = self.body(identity, Some(&label)) {
            self.units.push(Unit { kind: schema.kind, label, body, members: vec![(identity.clone(), None)] });
        }
    }

    /// The body of an object's block; `label` stands for its name.
    fn body(&self, identity: &Identity<Place>, label: Option<&str>) -> Option<Body> {
        let draft = self.drafts.get(identity)?;
        let mut live = policy::with_trust(draft.schema, &draft.object.attributes);
        if let Some(tags) = live.get("tags").and_then(Value::as_map) {
            let own: Map = tags
                .iter()
                .filter(|(key, value)| {
                    self.request.default_tags.get(*key).map(|tag| &**tag) != value.as_str()
                })
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect();
            live.insert("tags".into(), Value::map(own));
        }
        let named = draft.schema.named.zip(label);
        let resolve = |refers: RefersTo, text: &str| self.resolve(refers, text);
        let mut body = block::describe(draft.schema.attributes, &live, named, &resolve);
        // What names a cluster that is declared goes where that is.
        let inherits = draft.schema.lives_in_cluster() && self.named.contains_key(&self.survey.cluster);
        if let (Some(alias), false) = (&self.request.provider.alias, inherits) {
            let provider = Expression::Code(format!("aws.{alias}"));
            body.0.insert(
                0,
                block::Item::Attribute { name: "provider".to_string(), value: provider, comment: None },
            );
        }
        Some(body)
    }

    /// A reference to what is declared; else the text itself, and why.
    fn resolve(&self, refers: RefersTo, text: &str) -> (Expression, Option<String>) {
        let attribute = match refers.by {
            RefersBy::Name => "name",
            RefersBy::Arn => "arn",
        };
        let reference = |identity: &Identity<Place>| {
            let (block, key) = self.named.get(identity)?;
            Some(Expression::Reference { block: block.clone(), key: key.clone(), attribute })
        };
        let literal = Expression::text(text);
        if refers.kind == "cluster" {
            return (reference(&self.survey.cluster).unwrap_or(literal), None);
        }
        match self.survey.roles.get(text) {
            Some(Role::Elsewhere(why)) => (literal, Some(why.clone())),
            Some(Role::Here(identity)) => {
                let live = self.survey.object(identity).map(|object| object.text("arn"));
                match (reference(identity), live) {
                    (Some(reference), Some(arn)) if arn == text => (reference, None),
                    (_, Some(arn)) if arn != text => (literal, Some(format!("the role is {arn}"))),
                    _ => {
                        let why = self.imported.left_out.iter().find(|(left, _)| left == identity);
                        (literal, why.map(|(_, why)| why.replace('\n', " ")))
                    }
                }
            }
            None => (literal, None),
        }
    }

    /// The blocks, each after those it refers to.
    fn text(&mut self, mut text: String) -> String {
        let mut at: BTreeMap<&Identity<Place>, usize> = BTreeMap::new();
        for (index, unit) in self.units.iter().enumerate() {
            at.extend(unit.members.iter().map(|(identity, _)| (identity, index)));
        }
        let mut order: Vec<usize> = Vec::new();
        let mut seen: BTreeSet<usize> = BTreeSet::new();
        let mut take = |index: usize| {
            if seen.insert(index) {
                order.push(index);
            }
        };
        for user in self.survey.users() {
            let Some(index) = at.get(user) else { continue };
            for (member, _) in &self.units[*index].members {
                self.survey.roles_of(member).filter_map(|role| at.get(role)).for_each(|role| take(*role));
            }
            take(*index);
        }
        // Roles of what is declared elsewhere.
        (0..self.units.len()).for_each(&mut take);
        let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
        for index in order {
            let unit = &self.units[index];
            *counts.entry(unit.kind).or_default() += unit.members.len();
            text.push('\n');
            block::block(&mut text, &block::header(unit.kind, &unit.label), &unit.body);
        }
        let counted = |schema: &&Schema| Some((schema.kind, *counts.get(schema.kind)?));
        self.imported.counts = kinds::ALL.iter().filter_map(counted).collect();
        text
    }

    /// Where the file comes from, and what is not in it.
    fn header(&mut self) -> String {
        let cluster = self.request.cluster;
        let mut text = format!(
            "# The cluster {cluster} and what belongs to it, as written by: eksform import cluster {cluster}\n"
        );
        if let Some(members) = self.survey.members {
            let mut list = |what: &str, names: &[Text]| {
                if !names.is_empty() {
                    self.imported.unmanaged.push(format!("{what}: {}", names.join(", ")));
                }
            };
            list("node groups", &members.node_groups);
            list("Fargate profiles", &members.fargate_profiles);
            match self.request.access_entries {
                Fact::Known(entries) => list("access entries", entries),
                Fact::Absent => {}
                Fact::Denied(why) => {
                    self.imported.unmanaged.push(format!("access entries, which could not be listed: {why}"));
                }
            }
        }
        let mut section = |title: &str, lines: &[String]| {
            if !lines.is_empty() {
                let _ = writeln!(text, "#\n# {title}");
                for line in lines {
                    let _ = writeln!(text, "#   {}", line.replace(['\n', '\r'], " "));
                }
            }
        };
        section("Not described, because eksform does not manage it:", &self.imported.unmanaged);
        let left: Vec<String> = self
            .imported
            .left_out
            .iter()
            .map(|(identity, why)| format!("{} {}: {why}", identity.kind, identity.name()))
            .collect();
        section("Left out:", &left);
        text
    }

    /// The stack and its provider.
    fn stack(&self) -> String {
        let mut text = String::new();
        block::block(&mut text, &block::header("stack", &self.request.stack.name), &Body::default());
        let place = &self.survey.cluster.scope;
        let mut body = Body::default();
        if let Some(region) = &place.region {
            body.attribute("region", Expression::text(region));
        }
        body.attribute("allowed_account_ids", Expression::List(vec![Expression::text(&place.account)]));
        text.push('\n');
        block::block(&mut text, &block::header("provider", "aws"), &body);
        text
    }

    /// The adopt blocks: one for each block whose objects are not the stack's yet.
    fn adopt(&mut self) -> Result<(), Box<Diagnostic>> {
        let mut blocks = Vec::new();
        for unit in &self.units {
            let members = || {
                unit.members
                    .iter()
                    .filter_map(|(identity, key)| Some((self.drafts.get(identity)?, key.as_deref())))
            };
            let from: BTreeSet<&Option<Text>> = members().map(|(draft, _)| &draft.from).collect();
            for (draft, key) in members().filter(|(draft, _)| !draft.owned) {
                self.imported.adopted.insert(unit.address(key).into(), draft.from.clone());
                if from.len() > 1 {
                    blocks.push(adopt_block(&unit.address(key), draft.from.as_deref()));
                }
            }
            if let (Some(from), true, true) =
                (from.first(), from.len() == 1, members().any(|(draft, _)| !draft.owned))
            {
                blocks.push(adopt_block(&unit.address(None), from.as_deref()));
            }
        }
        match &self.request.adopt_file {
            Some(name) if !blocks.is_empty() => {
                let text = format!(
                    "# Lets eksform take over what exists already. Once that is applied, this file can go.\n\n{}",
                    blocks.join("\n")
                );
                self.file(name.clone(), &text)
            }
            _ => Ok(()),
        }
    }
}
