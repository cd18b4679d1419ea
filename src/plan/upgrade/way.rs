//! The steps of an upgrade.

use super::subject::{Asked, Goal, Subject};
use crate::diagnostic::Diagnostic;
use crate::kinds::version::{ONE_MINOR_AT_A_TIME, Requirement, minor, numbers};
use crate::live::{AddonKey, AddonVersion, Fact, Snapshot};
use crate::value::{Place, Text, Want};
use std::collections::{BTreeMap, BTreeSet};

/// Steps beyond which something goes in circles.
const MOST_STEPS: usize = 200;

/// What is live, or will be after some of the steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    pub kubernetes: Text,
    /// The version of each add-on, by the add-on's name.
    pub addons: BTreeMap<Text, Text>,
}

/// One ordinary plan and apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The Kubernetes versions, if the cluster moves. Add-ons move after it.
    pub cluster: Option<(Text, Text)>,
    pub moves: Vec<Move>,
    /// What is live afterwards.
    pub after: State,
}

/// An add-on's version changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    pub addon: Text,
    pub from: Text,
    pub to: Text,
    pub why: String,
}

/// Why there is no way: something has to be read first, or it cannot be.
#[derive(Debug)]
pub enum Blocked {
    Wants(BTreeSet<Want>),
    Errors(Vec<Diagnostic>),
}

/// The steps from what is live to the goal; none if there is nothing to do. Pure: the same arguments give
/// the same steps, so a way that was interrupted goes on where it stopped.
pub fn way(
    goal: &Goal,
    subjects: &[Subject],
    place: &Place,
    start: State,
    snapshot: &Snapshot,
) -> Result<Vec<Step>, Blocked> {
    let mut walk =
        Walk { goal, subjects, catalog: Catalog { goal, place, snapshot, wants: BTreeSet::new() } };
    let mut steps: Vec<Step> = Vec::new();
    let mut state = start;
    if let Some(wanted) = &goal.kubernetes
        && minor(wanted) < minor(&state.kubernetes)
    {
        let now = &state.kubernetes;
        return Err(Blocked::Errors(vec![
            Diagnostic::error(
                "older-version",
                format!(
                    "The cluster \"{}\" is at Kubernetes {now} already, newer than {wanted}",
                    goal.cluster
                ),
            )
            .help("Kubernetes versions go up; a rollback within the first days is AWS's own operation"),
        ]));
    }
    while steps.len() < MOST_STEPS {
        match walk.step(&state) {
            Ok(Some(step)) => {
                state = step.after.clone();
                steps.push(step);
            }
            Ok(None) => return Ok(steps),
            Err(errors) if walk.catalog.wants.is_empty() => return Err(Blocked::Errors(errors)),
            Err(_) => return Err(Blocked::Wants(walk.catalog.wants)),
        }
    }
    Err(Blocked::Errors(vec![Diagnostic::error("no-end", "The upgrade goes in circles")]))
}

struct Walk<'a> {
    goal: &'a Goal,
    subjects: &'a [Subject],
    catalog: Catalog<'a>,
}

type Answer<T> = Result<T, Vec<Diagnostic>>;

impl Walk<'_> {
    fn step(&mut self, state: &State) -> Answer<Option<Step>> {
        let next = match (&self.goal.kubernetes, minor(&state.kubernetes)) {
            (Some(wanted), Some(now)) if minor(wanted) > Some(now) => {
                Some(Text::from(format!("1.{}", now + 1)))
            }
            _ => None,
        };
        let Some(next) = next else {
            let moves = self.moves(state, &state.kubernetes, false)?;
            return Ok((!moves.is_empty()).then(|| step(state, None, moves)));
        };
        let first = self.prepare(state, &next)?;
        if !first.is_empty() {
            return Ok(Some(step(state, None, first)));
        }
        let moves = self.moves(state, &next, true)?;
        Ok(Some(step(state, Some(next), moves)))
    }

    /// What has to move before the cluster may: what is not offered for the next Kubernetes version.
    fn prepare(&mut self, state: &State, next: &Text) -> Answer<Vec<Move>> {
        self.each(state, |walk, subject, live| {
            let offered = walk.catalog.offered(&subject.name, next)?;
            if offered.iter().any(|version| *version.version == **live) {
                return Ok(None);
            }
            let now = &state.kubernetes;
            let both: Vec<&AddonVersion> = walk
                .catalog
                .offered(&subject.name, now)?
                .iter()
                .filter(|version| numbers(&version.version) > numbers(live))
                .filter(|version| offered.iter().any(|other| other.version == version.version))
                .collect();
            let admitted = |version: &&&AddonVersion| subject.admits(&version.version);
            // The next Kubernetes version's default lasts longest.
            let is_default = |version: &&&AddonVersion| {
                offered.iter().any(|other| other.default && other.version == version.version)
            };
            let best = both
                .iter()
                .filter(admitted)
                .find(is_default)
                .or_else(|| both.iter().filter(admitted).max_by_key(|version| numbers(&version.version)));
            let Some(bridge) = best.map(|version| version.version.clone()) else {
                return Err(walk.no_bridge(subject, live, &both, now, next));
            };
            let to = walk.hop(subject, live, &bridge, now)?;
            let why = match to == bridge {
                true => format!("{live} is not offered for Kubernetes {next}; {bridge} is, and for {now} too"),
                false => format!(
                    "on the way to {bridge}, which is offered for Kubernetes {next} too: {} moves one minor version at a time",
                    subject.name
                ),
            };
            Ok(Some(Move { addon: subject.name.clone(), from: live.clone(), to, why }))
        })
    }

    /// What moves on a Kubernetes version; `with_cluster`: in the step that takes the cluster there.
    fn moves(&mut self, state: &State, kubernetes: &Text, with_cluster: bool) -> Answer<Vec<Move>> {
        self.each(state, |walk, subject, live| {
            if !with_cluster && !walk.goal.concerns(subject) {
                return Ok(None);
            }
            let Some((target, why)) = walk.target(subject, live, kubernetes)? else { return Ok(None) };
            if target == *live {
                return Ok(None);
            }
            let to = walk.hop(subject, live, &target, kubernetes)?;
            let why = match to == target {
                true => why,
                false => {
                    format!("on the way to {target}: {} moves one minor version at a time", subject.name)
                }
            };
            Ok(Some(Move { addon: subject.name.clone(), from: live.clone(), to, why }))
        })
    }

    fn each(
        &mut self,
        state: &State,
        mut one: impl FnMut(&mut Self, &Subject, &Text) -> Answer<Option<Move>>,
    ) -> Answer<Vec<Move>> {
        let (mut moves, mut errors, mut failed) = (Vec::new(), Vec::new(), false);
        for subject in self.subjects {
            // What is not there yet is made by the first plan, at the right version.
            let Some(live) = state.addons.get(&subject.name) else { continue };
            match one(self, subject, live) {
                Ok(found) => moves.extend(found),
                Err(mut problems) => {
                    failed = true;
                    errors.append(&mut problems);
                }
            }
        }
        if failed { Err(errors) } else { Ok(moves) }
    }

    /// The version an add-on should have on a Kubernetes version, never an older one than it has, and why.
    fn target(
        &mut self,
        subject: &Subject,
        live: &Text,
        kubernetes: &Text,
    ) -> Answer<Option<(Text, String)>> {
        let offered = self.catalog.offered(&subject.name, kubernetes)?;
        let stays = offered.iter().any(|version| *version.version == **live);
        let newer = || offered.iter().filter(|version| numbers(&version.version) >= numbers(live));
        let newest = |versions: &mut dyn Iterator<Item = &AddonVersion>| {
            versions.max_by_key(|version| numbers(&version.version)).map(|version| version.version.clone())
        };
        let default = newer().find(|version| version.default).map(|version| version.version.clone());
        let found = match &subject.asked {
            Asked::Omitted => match stays {
                true => None,
                false => {
                    return Err(vec![
                        Diagnostic::error(
                            "no-version",
                            format!("{live} of {} is not offered for Kubernetes {kubernetes}", subject.name),
                        )
                        .about(&subject.address)
                        .at(subject.span)
                        .help("give it a version: version = \"default\""),
                    ]);
                }
            },
            Asked::Exact { .. } if stays && self.goal.kubernetes.is_some() && !self.goal.names(subject) => {
                None
            }
            Asked::Exact { .. } => default
                .map(|version| (version, format!("the default for Kubernetes {kubernetes}")))
                .or_else(|| {
                    (!stays).then_some(())?;
                    let version = newest(&mut newer())?;
                    Some((version, format!("the newest that is offered for Kubernetes {kubernetes}")))
                }),
            Asked::Constraint(text) => {
                let requirement = Requirement::parse(text).unwrap_or(Requirement::Exact(text));
                let why = format!("\"{text}\" for Kubernetes {kubernetes}");
                let found = match requirement {
                    Requirement::Default if default.is_some() => default,
                    // The default is older than what is live.
                    Requirement::Default if stays => Some(live.clone()),
                    _ => newest(&mut newer().filter(|version| requirement.admits(&version.version))),
                };
                found.map(|version| (version, why))
            }
        };
        if found.is_none() && !stays {
            return Err(vec![
                Diagnostic::error(
                    "no-version",
                    match &subject.asked {
                        Asked::Constraint(text) => format!(
                            "EKS offers no version of {} for Kubernetes {kubernetes} that satisfies \"{text}\" and is not older than {live}",
                            subject.name
                        ),
                        _ => format!(
                            "EKS offers no version of {} for Kubernetes {kubernetes} from {live} on",
                            subject.name
                        ),
                    },
                )
                .about(&subject.address)
                .at(subject.span)
                .help(match &subject.asked {
                    Asked::Constraint(_) => "widen the constraint",
                    _ => "remove the add-on first, or stay at this Kubernetes version",
                }),
            ]);
        }
        Ok(found)
    }

    /// As far as an add-on may move in one step.
    fn hop(&mut self, subject: &Subject, from: &Text, to: &Text, kubernetes: &Text) -> Answer<Text> {
        let (old, new) = (numbers(from), numbers(to));
        let far = old.first() == new.first() && new.get(1) > old.get(1).map(|minor| minor + 1).as_ref();
        if !ONE_MINOR_AT_A_TIME.contains(&subject.name.as_ref()) || !far {
            return Ok(to.clone());
        }
        let next = old.get(1).map(|minor| minor + 1);
        let offered = self.catalog.offered(&subject.name, kubernetes)?;
        let between = offered
            .iter()
            .filter(|version| {
                let candidate = numbers(&version.version);
                candidate.first() == old.first() && candidate.get(1).copied() == next
            })
            .max_by_key(|version| numbers(&version.version));
        between.map(|version| version.version.clone()).ok_or_else(|| {
            vec![
                Diagnostic::error(
                    "skipped-minor",
                    format!(
                        "{} moves one minor version at a time, and EKS offers none between {from} and {to} for Kubernetes {kubernetes}",
                        subject.name
                    ),
                )
                .about(&subject.address)
                .at(subject.span)
                .help("update it by hand to a version that is offered, then run upgrade again"),
            ]
        })
    }

    fn no_bridge(
        &self,
        subject: &Subject,
        live: &str,
        both: &[&AddonVersion],
        now: &str,
        next: &str,
    ) -> Vec<Diagnostic> {
        let diagnostic = Diagnostic::error(
            "incompatible-addon",
            format!(
                "{live} of {} is not offered for Kubernetes {next}, so the cluster cannot move there",
                subject.name
            ),
        )
        .about(&subject.address)
        .at(subject.span);
        vec![match (both.iter().max_by_key(|version| numbers(&version.version)), &subject.asked) {
            (Some(version), Asked::Constraint(text)) => diagnostic
                .label(format!(
                    "{} is offered for {now} and {next}, and \"{text}\" excludes it",
                    version.version
                ))
                .help("widen the constraint"),
            _ => diagnostic
                .label(format!("no newer version is offered for both {now} and {next}"))
                .help("remove the add-on for the upgrade, or wait until AWS offers one"),
        }]
    }
}

fn step(before: &State, kubernetes: Option<Text>, moves: Vec<Move>) -> Step {
    let mut after = before.clone();
    for moved in &moves {
        after.addons.insert(moved.addon.clone(), moved.to.clone());
    }
    let cluster = kubernetes.map(|next| {
        let from = std::mem::replace(&mut after.kubernetes, next.clone());
        (from, next)
    });
    Step { cluster, moves, after }
}

/// What EKS offers, and what of it was not read yet.
struct Catalog<'a> {
    goal: &'a Goal,
    place: &'a Place,
    snapshot: &'a Snapshot,
    wants: BTreeSet<Want>,
}

impl<'a> Catalog<'a> {
    /// An empty error while it has to be read first.
    fn offered(&mut self, addon: &Text, kubernetes: &Text) -> Answer<&'a [AddonVersion]> {
        let key = AddonKey { place: self.place.clone(), addon: addon.clone(), version: kubernetes.clone() };
        let why = match self.snapshot.addon_versions.get(&key) {
            Some(Fact::Known(versions)) => return Ok(versions),
            None => {
                self.wants.insert(Want::AddonVersions {
                    provider: self.goal.provider.clone(),
                    addon: addon.clone(),
                    kubernetes: kubernetes.clone(),
                });
                return Err(Vec::new());
            }
            Some(Fact::Absent) => "EKS offers none",
            Some(Fact::Denied(why)) => why,
        };
        Err(vec![
            Diagnostic::error(
                "no-version",
                format!("There is no version of {addon} to be found for Kubernetes {kubernetes}"),
            )
            .with_note(why.to_string())
            .help("check that it may be read (eks:DescribeAddonVersions) and that this Kubernetes version exists"),
        ])
    }
}
