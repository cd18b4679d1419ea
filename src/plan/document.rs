//! The stored form of inputs and snapshot: plain document types, apart from the working types.
//!
//! A plan is a function of these two, so a saved plan is nothing else: reading it means planning
//! again, and the fingerprint says whether the outcome is the same.

use crate::kinds::{self, Attribute, Ty};
use crate::live::{
    AddonConfiguration, AddonKey, AddonVersion, AssociationMember, Caller, ClusterVersion, Coverage, Fact,
    HealthIssue, Members, NodeGroup, Object, Owner, Phase, Snapshot, decode_address, encode_address,
};
use crate::stack::{Base, Inputs, Mode, SourceTree, VariableInput, VariableText};
use crate::value::{Identity, Key, Map, Place, PlaceParts, ProviderRef, Text, Value, json};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InputsDocument {
    sources: BTreeMap<String, String>,
    base: Option<BaseDocument>,
    variables: BTreeMap<String, VariableDocument>,
    destroy: bool,
    adopt: BTreeMap<String, Option<String>>,
    allow_destroy: BTreeSet<String>,
    allow_orphans: bool,
    partial: bool,
    targets: BTreeSet<String>,
    excludes: BTreeSet<String>,
    replaces: BTreeSet<String>,
    releases: BTreeSet<String>,
    now: i64,
    seed: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BaseDocument {
    revision: String,
    commit: String,
    sources: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct VariableDocument {
    text: Option<String>,
    value: Option<serde_json::Value>,
    origin: String,
}

fn files(tree: &SourceTree) -> BTreeMap<String, String> {
    tree.files.iter().map(|(path, text)| (path.to_string(), text.to_string())).collect()
}

fn tree(files: BTreeMap<String, String>) -> SourceTree {
    SourceTree { files: files.into_iter().map(|(path, text)| (path.into(), text.into())).collect() }
}

fn strings(names: &BTreeSet<Text>) -> BTreeSet<String> {
    names.iter().map(ToString::to_string).collect()
}

fn named(strings: BTreeSet<String>) -> BTreeSet<Text> {
    strings.into_iter().map(Into::into).collect()
}

impl InputsDocument {
    /// `secret` names the variables whose values are left out.
    pub fn new(inputs: &Inputs, secret: &BTreeSet<Text>) -> Self {
        let variables =
            inputs.variables.iter().filter(|(name, _)| !secret.contains(*name)).map(|(name, input)| {
                let (text, value) = match &input.value {
                    VariableText::Text(text) => (Some(text.to_string()), None),
                    VariableText::Value(value) => (None, Some(json::to_json(value))),
                };
                (name.to_string(), VariableDocument { text, value, origin: input.origin.to_string() })
            });
        Self {
            sources: files(&inputs.sources),
            base: inputs.base.as_ref().map(|base| BaseDocument {
                revision: base.revision.to_string(),
                commit: base.commit.to_string(),
                sources: files(&base.sources),
            }),
            variables: variables.collect(),
            destroy: inputs.mode == Mode::Destroy,
            adopt: inputs
                .adopt
                .iter()
                .map(|(address, stack)| (address.to_string(), stack.as_ref().map(ToString::to_string)))
                .collect(),
            allow_destroy: strings(&inputs.allow_destroy),
            allow_orphans: inputs.allow_orphans,
            partial: inputs.partial,
            targets: strings(&inputs.targets),
            excludes: strings(&inputs.excludes),
            replaces: strings(&inputs.replaces),
            releases: strings(&inputs.releases),
            now: inputs.now,
            seed: inputs.seed,
        }
    }

    /// The same without where the values of variables came from, which decides nothing.
    pub fn without_origins(mut self) -> Self {
        self.variables.values_mut().for_each(|variable| variable.origin.clear());
        self
    }

    pub fn read(self) -> Inputs {
        let variables = self.variables.into_iter().map(|(name, input)| {
            let value = match (input.text, input.value) {
                (Some(text), _) => VariableText::Text(text.into()),
                (None, value) => VariableText::Value(value.as_ref().map_or(Value::NULL, json::from_json)),
            };
            (name.into(), VariableInput { value, origin: input.origin.into() })
        });
        Inputs {
            sources: tree(self.sources),
            base: self.base.map(|base| Base {
                revision: base.revision.into(),
                commit: base.commit.into(),
                sources: tree(base.sources),
            }),
            variables: variables.collect(),
            mode: if self.destroy { Mode::Destroy } else { Mode::Apply },
            adopt: self
                .adopt
                .into_iter()
                .map(|(address, stack)| (address.into(), stack.map(Into::into)))
                .collect(),
            allow_destroy: named(self.allow_destroy),
            allow_orphans: self.allow_orphans,
            partial: self.partial,
            targets: named(self.targets),
            excludes: named(self.excludes),
            replaces: named(self.replaces),
            releases: named(self.releases),
            // What was planned has its pins, or did without.
            locked: false,
            now: self.now,
            seed: self.seed,
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SnapshotDocument {
    taken_at: String,
    callers: Vec<CallerDocument>,
    objects: Vec<ObjectDocument>,
    #[serde(default)]
    members: Vec<MembersDocument>,
    #[serde(default)]
    node_groups: Vec<NodeGroupsDocument>,
    coverage: Vec<CoverageDocument>,
    #[serde(default)]
    addon_versions: Vec<AddonVersionsDocument>,
    #[serde(default)]
    addon_configurations: Vec<AddonConfigurationDocument>,
    #[serde(default)]
    cluster_versions: Vec<ClusterVersionsDocument>,
    #[serde(default)]
    files: BTreeMap<String, FactDocument<String>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    directories: Vec<DirectoryDocument>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DirectoryDocument {
    path: String,
    levels: Option<u32>,
    files: FactDocument<Vec<String>>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum FactDocument<T> {
    Known(T),
    Absent,
    Denied(String),
}

impl<T> FactDocument<T> {
    fn new<U>(fact: &Fact<U>, known: impl FnOnce(&U) -> T) -> Self {
        match fact {
            Fact::Known(value) => Self::Known(known(value)),
            Fact::Absent => Self::Absent,
            Fact::Denied(why) => Self::Denied(why.to_string()),
        }
    }

    fn read<U>(self, known: impl FnOnce(T) -> U) -> Fact<U> {
        match self {
            Self::Known(value) => Fact::Known(known(value)),
            Self::Absent => Fact::Absent,
            Self::Denied(why) => Fact::Denied(why.into()),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlaceDocument {
    partition: Text,
    account: Text,
    region: Option<Text>,
}

impl PlaceDocument {
    fn new(place: &Place) -> Self {
        let PlaceParts { partition, account, region } = PlaceParts::clone(place);
        Self { partition, account, region }
    }

    fn read(self) -> Place {
        Place::new(self.partition, self.account, self.region)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IdentityDocument {
    place: PlaceDocument,
    kind: Text,
    key: Vec<Text>,
}

impl IdentityDocument {
    pub fn new(identity: &Identity<Place>) -> Self {
        Self {
            place: PlaceDocument::new(&identity.scope),
            kind: identity.kind.clone(),
            key: identity.key.iter().map(|part| part.text().clone()).collect(),
        }
    }

    pub fn read(self) -> Identity<Place> {
        let key: Vec<&str> = self.key.iter().map(Text::as_str).collect();
        kinds::identity(&self.place.read(), &self.kind, &key)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CallerDocument {
    alias: Option<String>,
    key: Option<KeyDocument>,
    caller: FactDocument<CallerFact>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum KeyDocument {
    Int(u64),
    Str(String),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CallerFact {
    partition: String,
    account: String,
    region: String,
    arn: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ObjectDocument {
    identity: IdentityDocument,
    object: FactDocument<ObjectFact>,
}

impl ObjectDocument {
    fn new((identity, object): (&Identity<Place>, &Fact<Object>)) -> Self {
        Self { identity: IdentityDocument::new(identity), object: FactDocument::new(object, object_fact) }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ObjectFact {
    #[serde(serialize_with = "json::map", deserialize_with = "attributes")]
    attributes: Map,
    owner: Option<OwnerDocument>,
    parent: Option<IdentityDocument>,
    phase: PhaseDocument,
    status: Text,
    issues: Vec<(String, String)>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnerDocument {
    stack: Text,
    address: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PhaseDocument {
    Settled,
    Busy,
    Failed,
    Deleting,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MembersDocument {
    cluster: IdentityDocument,
    members: FactDocument<MembersFact>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MembersFact {
    addons: Vec<String>,
    associations: Vec<AssociationDocument>,
    node_groups: Vec<String>,
    fargate_profiles: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AssociationDocument {
    namespace: String,
    service_account: String,
    association_id: String,
    owner_arn: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CoverageDocument {
    place: PlaceDocument,
    kind: String,
    /// Why it is only partial.
    partial: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AddonKeyDocument {
    place: PlaceDocument,
    addon: String,
    version: String,
}

impl AddonKeyDocument {
    fn new(key: &AddonKey) -> Self {
        Self {
            place: PlaceDocument::new(&key.place),
            addon: key.addon.to_string(),
            version: key.version.to_string(),
        }
    }

    fn read(self) -> AddonKey {
        AddonKey { place: self.place.read(), addon: self.addon.into(), version: self.version.into() }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NodeGroupsDocument {
    cluster: IdentityDocument,
    /// Names and AMI types.
    node_groups: FactDocument<Vec<(String, String)>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AddonVersionsDocument {
    key: AddonKeyDocument,
    versions: FactDocument<Vec<AddonVersionFact>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AddonVersionFact {
    version: String,
    default: bool,
    requires_iam: bool,
    requires_configuration: bool,
    #[serde(default)]
    namespace: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AddonConfigurationDocument {
    key: AddonKeyDocument,
    configuration: FactDocument<AddonConfigurationFact>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AddonConfigurationFact {
    schema: Option<String>,
    service_accounts: Vec<(String, Vec<String>)>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClusterVersionsDocument {
    place: PlaceDocument,
    versions: FactDocument<Vec<ClusterVersionFact>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClusterVersionFact {
    version: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    standard_support_until: Option<i64>,
    #[serde(default)]
    extended_support_until: Option<i64>,
}

fn texts(items: &[Text]) -> Vec<String> {
    items.iter().map(ToString::to_string).collect()
}

fn arcs(items: Vec<String>) -> Vec<Text> {
    items.into_iter().map(Into::into).collect()
}

impl SnapshotDocument {
    pub fn new(snapshot: &Snapshot) -> Self {
        let objects = snapshot.objects.iter().map(ObjectDocument::new).collect();
        Self { objects, ..Self::without_objects(snapshot) }
    }

    pub fn without_objects(snapshot: &Snapshot) -> Self {
        Self {
            taken_at: snapshot.taken_at.to_string(),
            callers: snapshot
                .callers
                .iter()
                .map(|(provider, caller)| CallerDocument {
                    alias: provider.alias.as_ref().map(ToString::to_string),
                    key: provider.key.as_ref().map(|key| match key {
                        Key::Int(index) => KeyDocument::Int(*index),
                        Key::Str(key) => KeyDocument::Str(key.to_string()),
                    }),
                    caller: FactDocument::new(caller, |caller| CallerFact {
                        partition: caller.partition().to_string(),
                        account: caller.account().to_string(),
                        region: caller.region().to_string(),
                        arn: caller.arn.to_string(),
                    }),
                })
                .collect(),
            objects: Vec::new(),
            members: snapshot
                .members
                .iter()
                .map(|(cluster, members)| MembersDocument {
                    cluster: IdentityDocument::new(cluster),
                    members: FactDocument::new(members, members_fact),
                })
                .collect(),
            coverage: snapshot
                .coverage
                .iter()
                .map(|((place, kind), coverage)| CoverageDocument {
                    place: PlaceDocument::new(place),
                    kind: kind.to_string(),
                    partial: match coverage {
                        Coverage::Complete => None,
                        Coverage::Partial(why) => Some(why.to_string()),
                    },
                })
                .collect(),
            node_groups: snapshot
                .node_groups
                .iter()
                .map(|(cluster, groups)| NodeGroupsDocument {
                    cluster: IdentityDocument::new(cluster),
                    node_groups: FactDocument::new(groups, |groups| {
                        let pair = |group: &NodeGroup| (group.name.to_string(), group.ami_type.to_string());
                        groups.iter().map(pair).collect()
                    }),
                })
                .collect(),
            addon_versions: snapshot
                .addon_versions
                .iter()
                .map(|(key, versions)| AddonVersionsDocument {
                    key: AddonKeyDocument::new(key),
                    versions: FactDocument::new(versions, |versions| {
                        versions
                            .iter()
                            .map(|version| AddonVersionFact {
                                version: version.version.to_string(),
                                default: version.default,
                                requires_iam: version.requires_iam,
                                requires_configuration: version.requires_configuration,
                                namespace: version.namespace.as_ref().map(ToString::to_string),
                            })
                            .collect()
                    }),
                })
                .collect(),
            addon_configurations: snapshot
                .addon_configurations
                .iter()
                .map(|(key, configuration)| AddonConfigurationDocument {
                    key: AddonKeyDocument::new(key),
                    configuration: FactDocument::new(configuration, |configuration| AddonConfigurationFact {
                        schema: configuration.schema.as_ref().map(ToString::to_string),
                        service_accounts: configuration
                            .service_accounts
                            .iter()
                            .map(|(account, policies)| (account.to_string(), texts(policies)))
                            .collect(),
                    }),
                })
                .collect(),
            cluster_versions: snapshot
                .cluster_versions
                .iter()
                .map(|(place, versions)| ClusterVersionsDocument {
                    place: PlaceDocument::new(place),
                    versions: FactDocument::new(versions, |versions| {
                        let fact = |version: &ClusterVersion| ClusterVersionFact {
                            version: version.version.to_string(),
                            status: version.status.to_string(),
                            standard_support_until: version.standard_support_until,
                            extended_support_until: version.extended_support_until,
                        };
                        versions.iter().map(fact).collect()
                    }),
                })
                .collect(),
            files: snapshot
                .files
                .iter()
                .map(|(path, file)| (path.to_string(), FactDocument::new(file, ToString::to_string)))
                .collect(),
            directories: snapshot
                .directories
                .iter()
                .map(|((path, levels), files)| DirectoryDocument {
                    path: path.to_string(),
                    levels: *levels,
                    files: FactDocument::new(files, |files| texts(files)),
                })
                .collect(),
        }
    }

    pub fn read(self) -> Snapshot {
        Snapshot {
            taken_at: self.taken_at.into(),
            callers: self
                .callers
                .into_iter()
                .map(|document| {
                    let key = document.key.map(|key| match key {
                        KeyDocument::Int(index) => Key::Int(index),
                        KeyDocument::Str(key) => Key::Str(key.into()),
                    });
                    let caller = document.caller.read(|caller| {
                        Caller::new(caller.partition, caller.account, caller.region, caller.arn)
                    });
                    (ProviderRef { alias: document.alias.map(Into::into), key }, caller)
                })
                .collect(),
            objects: self
                .objects
                .into_iter()
                .map(|document| {
                    let kind = document.identity.kind.clone();
                    (document.identity.read(), document.object.read(|object| read_object(&kind, object)))
                })
                .collect(),
            members: self
                .members
                .into_iter()
                .map(|document| (document.cluster.read(), document.members.read(read_members)))
                .collect(),
            coverage: self
                .coverage
                .into_iter()
                .map(|document| {
                    let coverage =
                        document.partial.map_or(Coverage::Complete, |why| Coverage::Partial(why.into()));
                    ((document.place.read(), document.kind.into()), coverage)
                })
                .collect(),
            addon_versions: self
                .addon_versions
                .into_iter()
                .map(|document| {
                    let versions = document.versions.read(|versions| {
                        let read = |version: AddonVersionFact| AddonVersion {
                            version: version.version.into(),
                            default: version.default,
                            requires_iam: version.requires_iam,
                            requires_configuration: version.requires_configuration,
                            namespace: version.namespace.map(Into::into),
                        };
                        versions.into_iter().map(read).collect()
                    });
                    (document.key.read(), versions)
                })
                .collect(),
            node_groups: self
                .node_groups
                .into_iter()
                .map(|document| {
                    let groups = document.node_groups.read(|groups| {
                        let read = |(name, ami_type): (String, String)| NodeGroup {
                            name: name.into(),
                            ami_type: ami_type.into(),
                        };
                        groups.into_iter().map(read).collect()
                    });
                    (document.cluster.read(), groups)
                })
                .collect(),
            addon_configurations: self
                .addon_configurations
                .into_iter()
                .map(|document| {
                    let configuration = document.configuration.read(|configuration| AddonConfiguration {
                        schema: configuration.schema.map(Into::into),
                        service_accounts: configuration
                            .service_accounts
                            .into_iter()
                            .map(|(account, policies)| (account.into(), arcs(policies)))
                            .collect(),
                    });
                    (document.key.read(), configuration)
                })
                .collect(),
            cluster_versions: self
                .cluster_versions
                .into_iter()
                .map(|document| {
                    let versions = document.versions.read(|versions| {
                        let read = |version: ClusterVersionFact| ClusterVersion {
                            version: version.version.into(),
                            status: version.status.into(),
                            standard_support_until: version.standard_support_until,
                            extended_support_until: version.extended_support_until,
                        };
                        versions.into_iter().map(read).collect()
                    });
                    (document.place.read(), versions)
                })
                .collect(),
            files: self.files.into_iter().map(|(path, file)| (path.into(), file.read(Into::into))).collect(),
            directories: self
                .directories
                .into_iter()
                .map(|document| ((document.path.into(), document.levels), document.files.read(arcs)))
                .collect(),
        }
    }
}

fn object_fact(object: &Object) -> ObjectFact {
    ObjectFact {
        attributes: object.attributes.clone(),
        owner: match &object.owner {
            Owner::None => None,
            Owner::Stack { stack, address } => {
                Some(OwnerDocument { stack: stack.clone(), address: address.as_ref().map(encode_address) })
            }
        },
        parent: object.parent.as_ref().map(IdentityDocument::new),
        phase: match object.phase {
            Phase::Settled => PhaseDocument::Settled,
            Phase::Busy => PhaseDocument::Busy,
            Phase::Failed => PhaseDocument::Failed,
            Phase::Deleting => PhaseDocument::Deleting,
        },
        status: object.status.clone(),
        issues: object
            .issues
            .iter()
            .map(|issue| (issue.code.to_string(), issue.message.to_string()))
            .collect(),
    }
}

/// Attributes as they are stored: anything but an object holds none.
fn attributes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Map, D::Error> {
    let stored = serde_json::Value::deserialize(deserializer)?;
    Ok(json::from_json(&stored).as_map().cloned().unwrap_or_default())
}

fn read_object(kind: &str, object: ObjectFact) -> Object {
    let attributes = match kinds::schema(kind) {
        Some(schema) => typed(schema.attributes, &object.attributes),
        None => object.attributes,
    };
    Object {
        attributes,
        owner: object.owner.map_or(Owner::None, |owner| Owner::Stack {
            stack: owner.stack,
            address: owner.address.as_deref().and_then(decode_address),
        }),
        parent: object.parent.map(IdentityDocument::read),
        phase: match object.phase {
            PhaseDocument::Settled => Phase::Settled,
            PhaseDocument::Busy => Phase::Busy,
            PhaseDocument::Failed => Phase::Failed,
            PhaseDocument::Deleting => Phase::Deleting,
        },
        status: object.status,
        issues: object
            .issues
            .into_iter()
            .map(|(code, message)| HealthIssue { code: code.into(), message: message.into() })
            .collect(),
    }
}

/// JSON has no sets: arrays become sets again where the schema says so.
fn typed(attributes: &[Attribute], map: &Map) -> Map {
    let one = |name: &Text, value: &Value| {
        let attribute = attributes.iter().find(|attribute| *attribute.name == **name);
        match attribute.map(|attribute| attribute.ty) {
            Some(Ty::Set(_)) => value.as_items().map(|items| Value::set(items.to_vec())),
            Some(Ty::Block(nested)) => value.as_map().map(|block| Value::map(typed(nested, block))),
            _ => None,
        }
        .unwrap_or_else(|| value.clone())
    };
    map.iter().map(|(name, value)| (name.clone(), one(name, value))).collect()
}

fn members_fact(members: &Members) -> MembersFact {
    MembersFact {
        addons: texts(&members.addons),
        associations: members
            .associations
            .iter()
            .map(|member| AssociationDocument {
                namespace: member.namespace.to_string(),
                service_account: member.service_account.to_string(),
                association_id: member.association_id.to_string(),
                owner_arn: member.owner_arn.as_ref().map(ToString::to_string),
            })
            .collect(),
        node_groups: texts(&members.node_groups),
        fargate_profiles: texts(&members.fargate_profiles),
    }
}

fn read_members(members: MembersFact) -> Members {
    Members {
        addons: arcs(members.addons),
        associations: members
            .associations
            .into_iter()
            .map(|member| AssociationMember {
                namespace: member.namespace.into(),
                service_account: member.service_account.into(),
                association_id: member.association_id.into(),
                owner_arn: member.owner_arn.map(Into::into),
            })
            .collect(),
        node_groups: arcs(members.node_groups),
        fargate_profiles: arcs(members.fargate_profiles),
    }
}
