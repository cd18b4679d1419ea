//! The sandbox's HTTP entry.
#![no_main]

#[path = "../harness/sandbox.rs"]
mod harness;

use std::sync::LazyLock;

static WORLD: LazyLock<serde_json::Value> = LazyLock::new(harness::world);

libfuzzer_sys::fuzz_target!(|data: &[u8]| harness::run(&WORLD, data));
