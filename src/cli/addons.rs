//! `eksform addons`: what EKS offers, and what it says about the permissions an add-on needs.

use super::args::{
    Addons, AddonsCommand, AddonsList, AddonsPlace, AddonsRoles, AddonsShow, Global, Planning,
};
use super::connect::{self, Connected};
use super::output::Terminal;
use super::plan::finish;
use super::session::{self, Broken};
use super::{DONE, Exit, sources};
use crate::aws::Providers;
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::discover::{self, AddonPage, AddonRow, RoleRow};
use crate::kinds;
use crate::lang::quoted_string;
use crate::live::{AddonConfiguration, AddonKey, Fact, Offer, Snapshot, StackName};
use crate::render;
use crate::stack::{self, Inputs, Mode, SourceTree};
use crate::value::{Place, ProviderRef, Text, Want};
use std::collections::{BTreeMap, BTreeSet};

pub fn run(global: &Global, args: &Addons, terminal: &Terminal) -> Exit {
    let result = session::block_on(async {
        match &args.command {
            AddonsCommand::List(args) => list(global, args, terminal).await,
            AddonsCommand::Show(args) => show(global, args, terminal).await,
            AddonsCommand::Roles(args) => roles(global, args, terminal).await,
        }
    });
    finish(result, terminal)
}

/// An account to ask, and the Kubernetes version that is meant.
struct Catalog {
    connected: Connected,
    providers: Providers,
    stack: StackName,
    provider: ProviderRef,
    place: Place,
    kubernetes: Text,
    snapshot: Snapshot,
}

impl Catalog {
    /// Connects as the stack in the directory says, if there is one, and finds the Kubernetes version: the one
    /// given, that of the cluster named, that of the stack's only cluster, or the newest on offer.
    async fn open(global: &Global, args: &AddonsPlace) -> Result<Self, Broken> {
        let inputs = inputs(global, args)?;
        let (program, diagnostics) = stack::declare(&inputs.sources);
        let broken = |diagnostics| Broken { diagnostics, sources: program.sources.clone() };
        let (evaluation, _) = stack::evaluate(&program, &inputs, &Snapshot::default());
        let Some(evaluation) = evaluation else { return Err(broken(diagnostics)) };
        let provider = super::import::provider(args.provider.as_deref(), &program)?;
        let connected = connect::connect(global, 0).map_err(|problem| vec![*problem])?;
        let snapshot = session::snapshot(&inputs);
        let mut catalog = Self {
            connected,
            providers: evaluation.providers.clone(),
            stack: evaluation.stack.clone(),
            provider: provider.clone(),
            place: Place::new("", "", None),
            kubernetes: "".into(),
            snapshot,
        };
        catalog.ask([Want::Caller(provider.clone())]).await?;
        let Some(place) = catalog.snapshot.place(&provider, true) else {
            return Err(broken(vec![Diagnostic::error(
                "no-caller",
                format!("{provider} cannot tell whose account it works in"),
            )]));
        };
        catalog.place = place;
        let mut declared = evaluation.instances.iter().filter(|instance| instance.schema.kind == "cluster");
        let only = declared.next().filter(|_| declared.next().is_none());
        let cluster = match (&args.cluster, only) {
            (Some(name), _) => Some(name.clone()),
            (None, Some(instance)) => Some(instance.symbolic.part(0).to_string()),
            (None, None) => None,
        };
        let written = only.and_then(|instance| instance.desired.get("version")?.as_str().map(Text::from));
        catalog.kubernetes = match (&args.kubernetes_version, cluster) {
            (Some(version), _) => version.as_str().into(),
            (None, Some(name)) => match (catalog.version_of(&name).await?, written) {
                (Some(live), _) => live,
                (None, Some(written)) if args.cluster.is_none() => written,
                _ => {
                    return Err(vec![
                        Diagnostic::error("missing-cluster", format!("There is no cluster \"{name}\""))
                            .help("check the name, the account and the region"),
                    ]
                    .into());
                }
            },
            (None, None) => catalog.newest().await?,
        };
        Ok(catalog)
    }

    async fn ask(&mut self, wants: impl IntoIterator<Item = Want>) -> Result<(), Broken> {
        let wants: BTreeSet<Want> = wants.into_iter().collect();
        self.connected.aws.answer(&self.providers, &self.stack, &wants, &mut self.snapshot).await?;
        Ok(())
    }

    /// The Kubernetes version of a live cluster.
    async fn version_of(&mut self, name: &str) -> Result<Option<Text>, Broken> {
        let identity = kinds::identity(&self.provider, "cluster", &[name]);
        self.ask([Want::Object(identity.clone())]).await?;
        let object = self.snapshot.object(&identity.within(self.place.clone()));
        Ok(object.and_then(Fact::known).map(|object| object.text("version").into()))
    }

    async fn newest(&mut self) -> Result<Text, Broken> {
        self.ask([Want::ClusterVersions(self.provider.clone())]).await?;
        let versions = self.snapshot.cluster_versions.get(&self.place).and_then(Fact::known);
        let newest =
            versions.into_iter().flatten().max_by_key(|known| kinds::version::numbers(&known.version));
        newest.map(|known| known.version.clone()).ok_or_else(|| {
            vec![
                Diagnostic::error("no-version", "The Kubernetes versions EKS offers cannot be read")
                    .help("name one: --kubernetes-version 1.33"),
            ]
            .into()
        })
    }

    async fn offers(&self) -> Result<Vec<Offer>, Broken> {
        let aws = &self.connected.aws;
        let offers = aws.addon_offers(&self.providers, &self.provider, &self.place, &self.kubernetes).await;
        offers.map_err(|error| {
            vec![
                Diagnostic::error("unreadable-versions", "What EKS offers cannot be read")
                    .with_note(error.to_string())
                    .help("grant eks:DescribeAddonVersions"),
            ]
            .into()
        })
    }

    /// The one add-on of that name.
    async fn offer(&self, name: &str) -> Result<Offer, Broken> {
        let mut offers = self.offers().await?;
        match offers.iter().position(|offer| &*offer.addon == name) {
            Some(at) => Ok(offers.swap_remove(at)),
            None => {
                let names = offers.iter().map(|offer| offer.addon.as_ref());
                Err(vec![
                    Diagnostic::error(
                        "no-version",
                        format!("EKS offers no add-on \"{name}\" for Kubernetes {}", self.kubernetes),
                    )
                    .help(did_you_mean(name, names)),
                ]
                .into())
            }
        }
    }

    /// What EKS says about versions of add-ons.
    async fn configurations(&mut self, of: impl IntoIterator<Item = (Text, Text)>) -> Result<(), Broken> {
        let provider = self.provider.clone();
        let wants = of.into_iter().map(|(addon, version)| Want::AddonConfiguration {
            provider: provider.clone(),
            addon,
            version,
        });
        self.ask(wants.collect::<Vec<_>>()).await
    }

    fn configuration(&self, addon: &Text, version: &Text) -> Option<&Fact<AddonConfiguration>> {
        let key = AddonKey { place: self.place.clone(), addon: addon.clone(), version: version.clone() };
        self.snapshot.addon_configurations.get(&key)
    }
}

/// The files there are; without any, a stack that only has a provider.
fn inputs(global: &Global, args: &AddonsPlace) -> Result<Inputs, Vec<Diagnostic>> {
    if sources::any(&global.chdir) && args.region.is_none() {
        let planning = Planning { variables: args.variables.clone(), ..Planning::default() };
        return session::inputs(global, &planning, Mode::Apply);
    }
    let mut text = "stack \"none\" {}\n".to_string();
    if let Some(region) = &args.region {
        text.push_str(&format!("provider \"aws\" {{\n  region = {}\n}}\n", quoted_string(region)));
    }
    let sources = SourceTree { files: BTreeMap::from([("stack.eks.hcl".into(), text.into())]) };
    Ok(Inputs { sources, ..session::inputs_without_files(Mode::Apply) })
}

async fn list(global: &Global, args: &AddonsList, terminal: &Terminal) -> Result<Exit, Broken> {
    let mut catalog = Catalog::open(global, &args.place).await?;
    let offers = catalog.offers().await?;
    let defaults: Vec<(Text, Text)> = offers
        .iter()
        .filter_map(|offer| Some((offer.addon.clone(), discover::usual(offer)?.version.clone())))
        .collect();
    catalog.configurations(defaults.iter().cloned()).await?;
    let rows: Vec<AddonRow> = offers
        .iter()
        .filter_map(|offer| {
            let version = &discover::usual(offer)?.version;
            AddonRow::new(offer, catalog.configuration(&offer.addon, version).and_then(Fact::known))
        })
        .collect();
    super::completion::remember(&offers);
    if args.place.json {
        terminal.print(&format!("{:#}\n", render::json_addons(&catalog.kubernetes, &rows)));
    } else {
        terminal.print(&format!(
            "{}, Kubernetes {}\n\n",
            session::header(&catalog.connected, &catalog.snapshot),
            catalog.kubernetes
        ));
        terminal.print(&render::addons(&rows, terminal.style()));
    }
    Ok(DONE)
}

async fn show(global: &Global, args: &AddonsShow, terminal: &Terminal) -> Result<Exit, Broken> {
    let mut catalog = Catalog::open(global, &args.place).await?;
    let offer = catalog.offer(&args.name).await?;
    let version = version(&offer, args.version.as_deref(), &catalog.kubernetes)?;
    catalog.configurations([(offer.addon.clone(), version.clone())]).await?;
    let configuration = catalog.configuration(&offer.addon, &version);
    if let Some(Fact::Denied(why)) = configuration {
        return Err(vec![
            Diagnostic::error(
                "unreadable-configuration",
                format!("What EKS says about {} {version} cannot be read", offer.addon),
            )
            .with_note(why.to_string())
            .help("grant eks:DescribeAddonConfiguration"),
        ]
        .into());
    }
    let page = AddonPage::new(&offer, &version, &catalog.kubernetes, configuration.and_then(Fact::known));
    terminal.print(&if args.place.json {
        format!("{:#}\n", render::json_addon(&page))
    } else {
        render::addon(&page, terminal.style())
    });
    Ok(DONE)
}

/// The version given, else the one EKS installs by default.
fn version(offer: &Offer, given: Option<&str>, kubernetes: &str) -> Result<Text, Broken> {
    let all = || offer.versions.iter().map(|version| version.version.as_ref());
    match given {
        Some(given) => match offer.versions.iter().find(|version| &*version.version == given) {
            Some(version) => Ok(version.version.clone()),
            None => Err(vec![
                Diagnostic::error(
                    "no-version",
                    format!("EKS does not offer {given} of {} for Kubernetes {kubernetes}", offer.addon),
                )
                .help(did_you_mean(given, all().collect::<Vec<_>>())),
            ]
            .into()),
        },
        None => match discover::usual(offer) {
            Some(version) => Ok(version.version.clone()),
            None => Err(vec![Diagnostic::error(
                "no-version",
                format!("EKS offers no version of {} for Kubernetes {kubernetes}", offer.addon),
            )]
            .into()),
        },
    }
}

async fn roles(global: &Global, args: &AddonsRoles, terminal: &Terminal) -> Result<Exit, Broken> {
    let mut catalog = Catalog::open(global, &args.place).await?;
    let offer = catalog.offer(&args.name).await?;
    let version = version(&offer, args.version.as_deref(), &catalog.kubernetes)?;
    catalog.configurations([(offer.addon.clone(), version.clone())]).await?;
    let accounts = catalog
        .configuration(&offer.addon, &version)
        .and_then(Fact::known)
        .map(|configuration| configuration.service_accounts.clone())
        .unwrap_or_default();
    let roles = catalog.connected.aws.account_roles(&catalog.providers, &catalog.provider).await;
    let roles = roles.map_err(|error| {
        vec![
            Diagnostic::error("unreadable-roles", "The account's roles cannot be read")
                .with_note(error.to_string())
                .help("grant iam:GetAccountAuthorizationDetails and iam:ListRoles"),
        ]
    })?;
    let namespace = offer.versions.iter().find_map(|version| version.namespace.clone());
    let cluster = args.place.cluster.as_deref();
    let arn = cluster.and_then(|name| kinds::cluster_arn(&catalog.place, name));
    let rows: Vec<RoleRow> = accounts
        .iter()
        .flat_map(|(account, policies)| {
            let session = kinds::recommended::Session {
                cluster_arn: arn.as_deref().unwrap_or_default(),
                namespace: namespace.as_deref().unwrap_or("kube-system"),
                service_account: account,
            };
            roles
                .iter()
                .filter_map(|(name, role)| RoleRow::new(name, &role.attributes, account, policies, &session))
                .collect::<Vec<_>>()
        })
        .collect();
    terminal.print(&if args.place.json {
        format!("{:#}\n", render::json_addon_roles(&offer.addon, &rows))
    } else {
        render::addon_roles(&offer.addon, &version, accounts.is_empty(), &rows, terminal.style())
    });
    Ok(DONE)
}
