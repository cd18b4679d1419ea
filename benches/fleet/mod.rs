//! A stack of many clusters, as big as asked, and how to measure what is done with it.

use eksform::diagnostic::Diagnostic;
use eksform::live::{Caller, Fact, Snapshot};
use eksform::stack::{Evaluation, Inputs, Rounds, VariableInput, VariableText};
use eksform::value::{ProviderRef, Value};
use mimalloc::MiMalloc;
use std::ops::Add;
use std::process::Command;
use std::time::{Duration, Instant};

/// That of the command.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Instances in one module: a cluster with its role, four add-ons, seven workloads with a role each.
pub const PER_CLUSTER: usize = 20;

const ROOT: &str = r#"
stack "fleet" {}

provider "aws" {
  region       = "us-east-2"
  default_tags = { team = "platform" }
}

variable "rows" { type = number }
variable "columns" { type = number }

locals {
  common = { environment = "production", cost-center = "42" }
  # range() makes at most 1,024.
  indices = [for pair in setproduct(range(var.rows), range(var.columns)) : pair[0] * var.columns + pair[1]]
  clusters = {
    for index in local.indices : format("c%05d", index) => {
      version = index % 2 == 0 ? "1.33" : "1.32"
      subnets = [for zone in ["a", "b", "c"] : "subnet-0${substr(md5("${index}${zone}"), 0, 16)}"]
      tags    = { shard = "${index % 16}", owner = "team-${index % 40}" }
    }
  }
}

module "cluster" {
  source   = "./cluster"
  for_each = local.clusters
  name     = "fleet-${each.key}"
  settings = each.value
  tags     = merge(local.common, each.value.tags)
}

output "endpoints" { value = { for key, cluster in module.cluster : key => cluster.arn } }
"#;

const MODULE: &str = r#"
variable "name" { type = string }

variable "settings" {
  type = object({
    version = string
    subnets = list(string)
    tags    = map(string)
    private = optional(bool, true)
  })
}

variable "tags" { type = map(string) }

locals {
  addons = {
    vpc-cni                = { configuration = { env = { ENABLE_PREFIX_DELEGATION = "true" } } }
    kube-proxy             = { configuration = null }
    coredns                = { configuration = { replicaCount = 3 } }
    eks-pod-identity-agent = { configuration = null }
  }
  workloads = {
    for name in ["orders", "payments", "search", "mail", "stock", "ledger", "audit"] : name => {
      namespace = "shop-${name}"
      bucket    = "${var.name}-${name}"
    }
  }
  tags = merge(var.tags, { cluster = var.name })
}

role "cluster" {
  name             = "${var.name}-cluster"
  managed_policies = ["arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"]
  tags             = local.tags
  trust { service = "eks.amazonaws.com" }
}

cluster "main" {
  name     = var.name
  version  = var.settings.version
  role_arn = role.cluster.arn
  tags     = local.tags
  vpc {
    subnet_ids              = var.settings.subnets
    endpoint_private_access = var.settings.private
  }
}

addon "this" {
  for_each             = local.addons
  name                 = each.key
  cluster              = cluster.main.name
  configuration_values = each.value.configuration
  tags                 = merge(local.tags, { addon = "${each.key}-of-${cluster.main.name}" })
}

role "workload" {
  for_each        = local.workloads
  name            = "${var.name}-${each.key}"
  tags            = merge(local.tags, { workload = each.key })
  inline_policies = {
    bucket = jsonencode({
      Version = "2012-10-17"
      Statement = [{
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject"]
        Resource = "arn:aws:s3:::${each.value.bucket}/*"
      }]
    })
  }
}

pod_identity_association "workload" {
  for_each        = local.workloads
  cluster         = cluster.main
  namespace       = each.value.namespace
  service_account = each.key
  role_arn        = role.workload[each.key].arn
  tags            = merge(local.tags, { workload = "%{if each.key == "audit"}audit%{else}shop%{endif}" })
}

output "arn" { value = cluster.main.arn }
"#;

/// The files of a stack with that many instances, a multiple of [`PER_CLUSTER`].
pub fn inputs(instances: usize) -> Inputs {
    let mut inputs = Inputs { now: 1, seed: 1, ..Inputs::default() };
    inputs.sources.files.insert("main.eks.hcl".into(), ROOT.into());
    inputs.sources.files.insert("cluster/main.eks.hcl".into(), MODULE.into());
    let clusters = instances / PER_CLUSTER;
    let rows = clusters.div_ceil(1000);
    for (name, number) in [("rows", rows), ("columns", clusters / rows)] {
        let number = i64::try_from(number).expect("a small number");
        let value = VariableText::Value(Value::from(number));
        inputs.variables.insert(name.into(), VariableInput { value, origin: "benchmark".into() });
    }
    inputs
}

/// A snapshot in which only the account is known.
pub fn account() -> Snapshot {
    let mut snapshot = Snapshot::default();
    let caller = Caller::new("aws", "123456789012", "us-east-2", "arn:aws:iam::123456789012:user/bench");
    snapshot.callers.insert(ProviderRef::default(), Fact::Known(caller));
    snapshot
}

/// Stops at errors: what is measured has to be right.
pub fn sound(diagnostics: &[Diagnostic]) {
    let errors: Vec<_> = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

/// What one run took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cost {
    pub wall: Duration,
    /// Of the thread that measures, in user code and for it in the kernel.
    pub cpu: Duration,
    /// The most memory this process had until then, in MB.
    pub peak: u64,
}

impl Add for Cost {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { wall: self.wall + other.wall, cpu: self.cpu + other.cpu, peak: self.peak.max(other.peak) }
    }
}

/// One round of evaluation, which has to be without errors.
pub fn round(rounds: &mut Rounds<'_>, snapshot: &Snapshot) -> Evaluation {
    let (evaluation, diagnostics) = rounds.round(snapshot);
    sound(&diagnostics);
    evaluation.expect("there is a stack")
}

/// Runs and measures.
pub fn measure<T>(run: impl FnOnce() -> T) -> (T, Cost) {
    let (start, before) = (Instant::now(), cpu());
    let result = run();
    (result, Cost { wall: start.elapsed(), cpu: cpu().saturating_sub(before), peak: peak() })
}

/// CPU time of this thread so far; zero where there is no such clock.
fn cpu() -> Duration {
    #[cfg(unix)]
    let time = Duration::try_from(rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime));
    #[cfg(not(unix))]
    let time = Ok::<_, std::convert::Infallible>(Duration::ZERO);
    time.unwrap_or_default()
}

/// The most memory this process ever had, in MB; zero where the kernel does not tell.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|text| text.parse::<u64>().ok()).unwrap_or_default() / 1000
}

/// Medians over five runs, each in a process of its own.
#[derive(Default)]
pub struct Medians {
    names: Vec<String>,
    values: Vec<Vec<f64>>,
}

impl Medians {
    /// The median by name: milliseconds, or MB for peaks.
    pub fn get(&self, name: &str) -> f64 {
        let index = self.names.iter().position(|known| known == name).expect("it was measured");
        let mut values = self.values[index].clone();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    }

    /// Runs this benchmark once in a child process.
    fn add(&mut self, size: usize) {
        let program = std::env::current_exe().expect("the benchmark is a file");
        let output = Command::new(program).env("FLEET", size.to_string()).output().expect("it runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            let (name, value) = line.split_once(' ').expect("a name and a number");
            let index = self.names.iter().position(|known| known == name).unwrap_or_else(|| {
                self.names.push(name.to_string());
                self.values.push(Vec::new());
                self.names.len() - 1
            });
            self.values[index].push(value.parse().expect("a number"));
        }
    }
}

/// In a child process: runs once and prints what it took. Returns if this is no child.
pub fn child(run: impl FnOnce(usize) -> Vec<(&'static str, Cost)>) {
    let Ok(size) = std::env::var("FLEET") else { return };
    for (name, cost) in run(size.parse().expect("a number of instances")) {
        println!(
            "{name}.wall {}\n{name}.cpu {}\n{name}.peak {}",
            cost.wall.as_secs_f64() * 1e3,
            cost.cpu.as_secs_f64() * 1e3,
            cost.peak
        );
    }
    std::process::exit(0);
}

/// Runs this benchmark in child processes, one after the other, five times for each size. Sizes take turns, so that a
/// machine that slows down does so for all.
pub fn medians<const SIZES: usize>(sizes: [usize; SIZES]) -> [Medians; SIZES] {
    let mut medians = [(); SIZES].map(|()| Medians::default());
    for _ in 0..5 {
        for (medians, size) in medians.iter_mut().zip(sizes) {
            medians.add(size);
        }
    }
    medians
}

/// Prints figures beside their marks, and remembers misses.
#[derive(Default)]
pub struct Marks {
    missed: bool,
}

impl Marks {
    pub fn hold(&mut self, what: &str, value: f64, mark: f64, unit: &str) {
        let verdict = if value <= mark { "" } else { "  MISSED" };
        self.missed |= value > mark;
        println!("{what:<66} {value:>9.2} {unit} (mark {mark} {unit}){verdict}");
    }

    pub fn end(self) {
        assert!(!self.missed, "a mark was missed");
    }
}
