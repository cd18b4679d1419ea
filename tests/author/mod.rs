//! What is imported is what is there: for random accounts the files that import writes plan nothing but
//! adoptions, applying them writes nothing but tags, and then there is nothing left to do.

mod accounts;

use crate::converge::World;
use accounts::Account;
use eksform::apply;
use eksform::author::{self, Imported, Request};
use eksform::live::{Fact, Snapshot};
use eksform::render::{self, Counts, Style};
use eksform::stack::{self, Inputs, Mode, SourceTree};
use eksform::value::ProviderRef;
use std::collections::BTreeSet;

/// What a stack has before anything is imported into it.
const BEFORE: [&str; 3] = [
    "stack \"law\" {}\n",
    "stack \"law\" {}\nprovider \"aws\" {\n  default_tags = { team = \"shop\", law = \"yes\" }\n}\n",
    "stack \"law\" {}\nprovider \"aws\" {\n  alias  = \"law\"\n  region = \"us-east-2\"\n}\nrole \"orders\" {\n  name     = \"Not-There\"\n  provider = aws.law\n}\n",
];

/// Few in CI; `EKSFORM_IMPORT_SEEDS` for more by hand.
fn seeds() -> u64 {
    std::env::var("EKSFORM_IMPORT_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(20)
}

async fn import(world: &World, account: &Account, before: &str) -> Result<Imported, String> {
    let provider = ProviderRef { alias: before.contains("alias").then(|| "law".into()), key: None };
    let mut sources = SourceTree::default();
    sources.files.insert("stack.eks.hcl".into(), before.into());
    let inputs = Inputs { sources, now: 1, seed: 1, ..Inputs::default() };
    let (program, _) = stack::declare(&inputs.sources);
    let shown = |found: Vec<_>| render::diagnostics(&found, &program.sources, Style::plain());
    let mut snapshot = Snapshot::default();
    let files = |_: &str| Fact::Absent;
    let evaluation =
        apply::declared(&program, &inputs, &world.aws, &files, &mut snapshot).await.map_err(shown)?;
    let wanted = |snapshot: &Snapshot| author::wants(&provider, "demo", snapshot);
    apply::gather(&evaluation, &world.aws, &mut snapshot, &wanted).await.map_err(shown)?;
    let entries = world.aws.access_entries(&evaluation.providers, &provider, "demo").await;
    let declared = evaluation
        .instances
        .iter()
        .filter_map(|instance| Some((instance.identity.clone()?, instance.address.clone())))
        .collect();
    let keys = program.root().resources.keys();
    let labels = keys.map(|(kind, label)| (kind.to_string(), label.to_string())).collect();
    let request = Request {
        snapshot: &snapshot,
        provider: &provider,
        cluster: "demo",
        stack: &evaluation.stack,
        new_stack: false,
        from_stack: account.from_stack,
        declared: &declared,
        labels: &labels,
        default_tags: &evaluation.providers[&provider].default_tags,
        access_entries: &entries,
        adopt_file: Some("adopt.eks.hcl".to_string()),
    };
    let imported = author::import(&request).map_err(|problem| shown(vec![*problem]))?;
    assert_eq!(author::import(&request).map(|again| again.files).ok(), Some(imported.files.clone()));
    Ok(imported)
}

/// What went wrong with one account, if something did; otherwise how many objects were adopted.
async fn round_trip(seed: u64) -> Result<usize, String> {
    let account = Account::random(seed);
    let before = BEFORE[usize::try_from(seed).unwrap_or(0) % BEFORE.len()];
    let world = World::new();
    world.sandbox.seed(&account.seed).map_err(|error| error.to_string())?;
    let imported = import(&world, &account, before).await?;
    let mut sources = SourceTree::default();
    sources
        .files
        .insert("stack.eks.hcl".into(), before.replace("role \"orders\"", "# role \"orders\"").into());
    if before.contains("role \"orders\"") {
        // The role that kept a label from being used goes again.
        let (kept, _) = before.split_once("role").unwrap_or((before, ""));
        sources.files.insert("stack.eks.hcl".into(), kept.into());
    }
    for (name, text) in &imported.files {
        sources.files.insert(name.as_str().into(), text.as_str().into());
    }
    let files =
        || imported.files.iter().map(|(name, text)| format!("==== {name}\n{text}")).collect::<String>();
    let (_, _, planned) =
        world.plan_files(sources.clone(), Mode::Apply).await.map_err(|why| files() + &why)?;
    let counts = Counts::of(&planned.plan);
    // What the provider's own tags change is a change as well.
    let tags_only = Counts { adopt: imported.adopted.len(), change: counts.change, ..Counts::default() };
    if counts != tags_only || (counts.change > 0 && !before.contains("default_tags")) {
        return Err(format!("{}==== planned\n{}", files(), render::plan(&planned.plan, Style::plain())));
    }
    let calls = world.sandbox.log().len();
    let told = world.apply_files(sources.clone(), Mode::Apply).await.map_err(|why| files() + &why)?;
    let reads = ["Get", "List", "Describe"];
    let log = world.sandbox.log();
    let writes: BTreeSet<&str> = log[calls..]
        .iter()
        .map(|entry| entry.operation.as_str())
        .filter(|operation| !reads.iter().any(|read| operation.starts_with(read)))
        .collect();
    if !writes.is_subset(&BTreeSet::from(["TagResource", "TagRole"])) {
        return Err(format!("{}==== {writes:?}\n{told}", files()));
    }
    let (_, _, again) = world.plan_files(sources, Mode::Apply).await?;
    match again.plan.is_empty() {
        true => Ok(imported.adopted.len()),
        false => Err(format!("{}==== again\n{}", files(), render::plan(&again.plan, Style::plain()))),
    }
}

#[test]
fn what_is_imported_is_what_is_there() {
    let mut adopted = 0;
    for seed in 0..seeds() {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        match runtime.block_on(round_trip(seed)) {
            Ok(count) => adopted += count,
            Err(told) => panic!("seed {seed}\n{told}"),
        }
    }
    println!("{} accounts, {adopted} objects adopted", seeds());
    assert!(adopted > 10, "{adopted}");
}
