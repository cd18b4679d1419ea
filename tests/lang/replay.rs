//! The fuzz targets' inputs again, `fuzz/seeds/lang_*`: some of what the runs found, all that once broke something,
//! and texts made of pieces of them.

use super::laws::{check_text, on_a_large_stack};
use std::path::Path;
use std::time::{Duration, Instant};

fn seeds() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
    let mut files = Vec::new();
    for target in ["lang_parse", "lang_fmt", "lang_evaluate"] {
        files.extend(
            std::fs::read_dir(root.join(target)).expect("seeds").map(|entry| entry.expect("a file").path()),
        );
    }
    // A run's whole corpus, after the language has changed.
    if let Some(more) = std::env::var_os("EKSFORM_CORPUS") {
        files.extend(std::fs::read_dir(more).expect("a corpus").map(|entry| entry.expect("a file").path()));
    }
    files.sort();
    files.iter().filter_map(|path| String::from_utf8(std::fs::read(path).expect("a file")).ok()).collect()
}

#[test]
fn the_fuzz_corpus_holds() {
    let seeds = seeds();
    assert!(seeds.len() > 120, "only {} inputs", seeds.len());
    on_a_large_stack(move || seeds.iter().for_each(|text| check_text(text)));
}

/// The same texts on every machine; how many of them a slow one gets to differs.
#[test]
fn what_the_fuzz_corpus_is_made_of_holds() {
    let seeds = seeds();
    on_a_large_stack(move || {
        let end = Instant::now() + Duration::from_secs(3);
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut draw = move |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state % below.max(1) as u64).unwrap_or(0)
        };
        let mut count = 0;
        while count < 20_000 && Instant::now() < end {
            let mut piece = || {
                let chars: Vec<char> = seeds[draw(seeds.len())].chars().collect();
                let start = draw(chars.len());
                let length = draw(chars.len() - start + 1);
                chars[start..start + length].iter().collect::<String>()
            };
            let text = piece() + &piece() + &piece();
            check_text(&text);
            count += 1;
        }
        println!("{count} texts");
    });
}
