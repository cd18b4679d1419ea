//! A plan for the terminal, in Terraform's words and symbols.

use super::block::{self, Block, Context};
use super::literal::bare_key;
use super::page::{Mark, Page, assign, width};
use super::style::{Style, paint, printable};
use super::summary::summary;
use super::tree::{self, Shape, Slot};
use crate::kinds::OWNERSHIP;
use crate::live::decode_address;
use crate::plan::{Change, ChangeAction, ChangeId, Ownership, Plan, Reason};
use crate::value::{Address, Map, Path, Value};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The whole plan: every change, the outputs, the summary. Findings are complaints and shown as such.
pub fn plan(plan: &Plan, style: Style) -> String {
    let mut page = Page::new(style);
    let steps = steps(plan);
    if !steps.is_empty() {
        legend(&mut page, &steps);
        let (adopted, rest): (Vec<&Step<'_>>, Vec<&Step<'_>>) = steps.iter().partition(|step| step.adopts());
        let heading = if plan.refused() {
            "eksform planned the following actions, but refuses to apply them:"
        } else {
            "eksform will perform the following actions:"
        };
        section(&mut page, "eksform will take over the following objects, which exist already:", &adopted);
        section(&mut page, heading, &rest);
        outputs(&mut page, plan);
    }
    page.out.push_str(&summary(plan, style));
    page.out
}

/// A change, or the two that make up a replacement.
pub struct Step<'a> {
    pub change: &'a Change,
    /// The deletion of what is replaced.
    pub replaced: Option<&'a Change>,
    mark: Mark,
}

impl<'a> Step<'a> {
    /// Whether a replacement is made before what it replaces goes.
    pub fn creates_first(&self) -> bool {
        self.mark == Mark::CreateDelete
    }

    /// The attributes as they are.
    pub fn before(&self) -> Option<&'a Map> {
        self.replaced.and_then(|old| old.before.as_ref()).or(self.change.before.as_ref())
    }

    /// The attributes as they will be. What is only waited for stays as it is.
    pub fn after(&self) -> Option<&'a Map> {
        match self.change.action {
            ChangeAction::Await => self.change.after.as_ref().or(self.before()),
            _ => self.change.after.as_ref(),
        }
    }

    fn adopts(&self) -> bool {
        matches!(self.change.ownership, Ownership::Adopt { .. })
    }
}

/// The blocks in the order in which they are shown: by address, then what has none by identity.
pub fn steps(plan: &Plan) -> Vec<Step<'_>> {
    let replaced: BTreeSet<ChangeId> = plan.changes.iter().filter_map(|change| change.replaces).collect();
    let create_first: BTreeSet<(ChangeId, ChangeId)> =
        plan.edges.iter().map(|edge| (edge.from, edge.to)).collect();
    let mut steps: Vec<Step<'_>> = plan
        .changes
        .iter()
        .filter(|change| !replaced.contains(&change.id))
        .map(|change| {
            let replaced = change.replaces.and_then(|id| plan.change(id));
            let mark = match (change.action, replaced) {
                (_, Some(old)) if create_first.contains(&(change.id, old.id)) => Mark::CreateDelete,
                (_, Some(_)) => Mark::DeleteCreate,
                (ChangeAction::Create, None) => Mark::Create,
                (ChangeAction::Update, None) => Mark::Update,
                (ChangeAction::Delete, None) => Mark::Delete,
                (ChangeAction::Await, None) => Mark::Wait,
            };
            Step { change, replaced, mark }
        })
        .collect();
    steps.sort_by(|a, b| {
        let key = |step: &Step<'_>| (step.change.address.is_none(), step.change.address.clone());
        key(a).cmp(&key(b)).then_with(|| a.change.identity.cmp(&b.change.identity))
    });
    steps
}

fn legend(page: &mut Page, steps: &[Step<'_>]) {
    page.out.push_str("Actions are indicated with the following symbols:\n");
    for mark in Mark::ALL {
        if steps.iter().any(|step| step.mark == mark) {
            page.line(0, mark, mark.meaning());
        }
    }
    page.blank();
}

fn section(page: &mut Page, heading: &str, steps: &[&Step<'_>]) {
    if steps.is_empty() {
        return;
    }
    let heading = paint(page.style.strong, heading);
    page.out.push_str(&heading);
    page.out.push_str("\n\n");
    for step in steps {
        step_block(page, step);
        page.blank();
    }
}

fn step_block(page: &mut Page, step: &Step<'_>) {
    let change = step.change;
    let (headline, remarks) = headline(step);
    page.out.push_str("  ");
    let headline = paint(page.style.strong, &format!("# {headline}"));
    page.out.push_str(&headline);
    page.out.push('\n');
    for remark in remarks {
        page.out.push_str(&format!("  # ({})\n", printable(&remark)));
    }
    let label = match &change.address {
        Some(address) => address.name.to_string(),
        None => change.identity.name(),
    };
    page.line(0, step.mark, &block::opening(change.schema.kind, &label));
    let context = Context {
        address: change.address.as_ref(),
        forces: forces(step),
        only_ownership: change.action == ChangeAction::Update && change.only_ownership(),
    };
    let block = Block {
        attributes: change.schema.attributes,
        identity: change.schema.identity,
        path: Path::ROOT,
        before: step.before().map(Cow::Borrowed),
        after: step.after().map(Cow::Borrowed),
    };
    block::body(page, &context, 1, &block);
    page.close(0, "}");
}

/// What forces a replacement: the differences that cannot be made in place, or another identity.
pub fn forces(step: &Step<'_>) -> Vec<Path> {
    let Some(old) = step.replaced else { return Vec::new() };
    let mut forces: Vec<Path> = match &step.change.reason {
        Reason::ForcesReplacement(paths) => paths.clone(),
        _ => Vec::new(),
    };
    let differences = step.change.differences.iter().chain(&old.differences);
    forces.extend(
        differences
            .filter(|difference| difference.forces_replacement())
            .map(|difference| difference.path.clone()),
    );
    if matches!(step.change.reason, Reason::Moved(_)) {
        let differs = |name: &&&str| {
            let side = |side: Option<&Map>| side.and_then(|map| map.get(**name)).cloned();
            side(step.before()) != side(step.after())
        };
        forces.extend(step.change.schema.identity.iter().filter(differs).map(|name| Path::attribute(*name)));
    }
    forces
}

/// `role.vpc_cni will be created`, and what else there is to say about it.
fn headline(step: &Step<'_>) -> (String, Vec<String>) {
    let change = step.change;
    let name = match &change.address {
        Some(address) => address.to_string(),
        None => printable(&change.identity.to_string()),
    };
    let mut remarks = Vec::new();
    let line = match (change.action, &change.ownership) {
        _ if step.replaced.is_some() => match &change.reason {
            Reason::Broken(status) => format!("{name} is {}, so must be replaced", printable(status)),
            Reason::Requested => format!("{name} will be replaced, as requested"),
            _ => format!("{name} must be replaced"),
        },
        (ChangeAction::Await, Ownership::Keep) => format!("{name} will be waited for"),
        (_, Ownership::Release) => {
            format!("{name} will be released (it stays, but is no longer this stack's)")
        }
        (ChangeAction::Update, Ownership::Adopt { .. }) if !change.only_ownership() => {
            format!("{name} will be adopted and updated in-place")
        }
        (ChangeAction::Update | ChangeAction::Await, Ownership::Adopt { .. }) => {
            format!("{name} will be adopted")
        }
        (ChangeAction::Create, _) => format!("{name} will be created"),
        (ChangeAction::Update, _) => format!("{name} will be updated in-place"),
        (ChangeAction::Delete, _) => match &change.reason {
            Reason::Orphan => format!("{name} will be destroyed (because it is no longer declared)"),
            _ => format!("{name} will be destroyed"),
        },
    };
    if let Ownership::Adopt { from } = &change.ownership {
        remarks.push(match from {
            Some(stack) => format!("adopted from stack {stack}: tagged as this stack's"),
            None => "adopted: tagged as this stack's".to_string(),
        });
    }
    if let Some(derived) = &change.derived {
        remarks.push(format!("recommended for {}", derived.users()));
        if derived.shared {
            remarks.push("shared by the account: eksform never changes or deletes it".to_string());
        }
    }
    remarks.extend(because(step));
    if change.address.is_none() {
        remarks.push(format!("on the command line it is {}", change.shown_name()));
    }
    if change.waits_first && change.action != ChangeAction::Await && change.reason != Reason::BeingDeleted {
        remarks.push("AWS is still working on it: it is waited for first".to_string());
    }
    (line, remarks)
}

/// The reason in words, where the headline does not say it all.
fn because(step: &Step<'_>) -> Option<String> {
    let change = step.change;
    match &change.reason {
        Reason::Differs if change.action == ChangeAction::Update && change.only_ownership() => {
            Some("only eksform's own tags change".to_string())
        }
        Reason::Missing
        | Reason::Requested
        | Reason::Differs
        | Reason::ForcesReplacement(_)
        | Reason::Adopted
        | Reason::Orphan
        | Reason::Destroy => recorded(change),
        Reason::Renamed(old) if change.only_ownership() => {
            Some(format!("was {old}; only the recorded address changes"))
        }
        Reason::Renamed(old) => Some(format!("was {old}")),
        Reason::Broken(status) => match step.replaced {
            Some(_) => None,
            None => Some(format!("it is {status}")),
        },
        Reason::ParentReplaced(parent) if change.action == ChangeAction::Delete => {
            Some(format!("because {} {} goes", parent.kind, parent.name()))
        }
        Reason::ParentReplaced(parent) => {
            Some(format!("because {} {} is replaced", parent.kind, parent.name()))
        }
        Reason::BeingDeleted if change.action != ChangeAction::Create => {
            Some("AWS is deleting it already".to_string())
        }
        Reason::BeingDeleted => Some("once AWS has finished deleting the old one".to_string()),
        Reason::Moved(old) => Some(format!("was {} {}", old.kind, old.name())),
        Reason::Busy(status) => Some(format!("it is {status}")),
    }
}

/// An address that is rewritten beside other changes.
fn recorded(change: &Change) -> Option<String> {
    let side = |side: Option<&Map>| -> Option<Address> {
        let tag = side?.get(OWNERSHIP)?.get(crate::kinds::TAG_ADDRESS)?.as_str()?.to_string();
        decode_address(&tag)
    };
    let (before, after) = (side(change.before.as_ref())?, side(change.after.as_ref())?);
    (before != after && matches!(change.ownership, Ownership::Keep)).then(|| format!("was {before}"))
}

/// `Changes to Outputs:`. There is no record of earlier outputs, so all are new.
fn outputs(page: &mut Page, plan: &Plan) {
    if plan.outputs.is_empty() {
        return;
    }
    page.out.push_str("Changes to Outputs:\n");
    let widest = plan.outputs.iter().map(|output| width(&output.name)).max().unwrap_or(0);
    for output in &plan.outputs {
        let lead = assign(&bare_key(&output.name), widest);
        let slot = Slot { depth: 0, lead: &lead, tail: "", null: false };
        let shape = Shape { bare_keys: true, ..Shape::default() };
        let value: &Value = &output.value;
        tree::value(page, slot, shape, None, Some(value));
    }
    page.blank();
}
