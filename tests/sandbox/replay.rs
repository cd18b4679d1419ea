//! The fuzz target's inputs again: those it starts from, and those that once found something.

#[path = "../../fuzz/harness/sandbox.rs"]
mod harness;

#[test]
fn the_fuzz_corpus_holds() {
    let world = harness::world();
    let mut count = 0;
    let own = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/sandbox_http");
    // A run's whole corpus, after the sandbox has changed.
    let more = std::env::var_os("EKSFORM_CORPUS");
    let directories = [Some(own.into()), more].into_iter().flatten();
    for entry in directories.flat_map(|directory| std::fs::read_dir(directory).unwrap()) {
        let path = entry.unwrap().path();
        println!("{}", path.display());
        harness::run(&world, &std::fs::read(path).unwrap());
        count += 1;
    }
    assert!(count > 80, "only {count} inputs");
}
