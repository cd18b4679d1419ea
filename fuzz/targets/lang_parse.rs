//! Any text is read: into a document, with diagnostics.
#![no_main]

use eksform::diagnostic::FileId;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = eksform::lang::syntax::parse(FileId(0), text);
});
