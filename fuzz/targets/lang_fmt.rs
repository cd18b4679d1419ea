//! What was formatted once stays as it is.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(once) = eksform::lang::format(text) {
        let twice = eksform::lang::format(&once);
        assert_eq!(twice.as_ref().ok(), Some(&once));
    }
});
