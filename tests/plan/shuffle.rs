//! The same stack, written in another order.

use eksform::stack::Inputs;
use hcl::edit::structure::{Body, Structure};

/// Variants of the sources that mean the same. None for files that do not parse.
pub fn all(inputs: &Inputs) -> Vec<(&'static str, Inputs)> {
    let mut blocks = Vec::new();
    // Modules stay as they are: their directory says what is in them. So does the lock file.
    let own = |path: &str| !path.contains('/') && path != eksform::stack::lock::FILE;
    for (_, text) in inputs.sources.files.iter().filter(|(path, _)| own(path)) {
        let Ok(body) = hcl::edit::parser::parse_body(text) else { return Vec::new() };
        blocks.extend(body);
    }
    let backwards: Vec<Structure> = blocks.iter().rev().cloned().collect();
    let inside: Vec<Structure> = blocks.iter().cloned().map(attributes_backwards).collect();
    let (even, odd): (Vec<_>, Vec<_>) = blocks.iter().cloned().enumerate().partition(|(at, _)| at % 2 == 0);
    let only = |half: Vec<(usize, Structure)>| half.into_iter().map(|(_, block)| block).collect::<Vec<_>>();
    let with = |files: Vec<(&str, Vec<Structure>)>| {
        let mut changed = inputs.clone();
        changed.sources.files =
            files.into_iter().map(|(name, blocks)| (name.into(), text(blocks).into())).collect();
        let modules = inputs.sources.files.iter().filter(|(path, _)| !own(path));
        changed.sources.files.extend(modules.map(|(path, text)| (path.clone(), text.clone())));
        changed
    };
    vec![
        ("writing the blocks backwards into one file", with(vec![("a.eks.hcl", backwards)])),
        (
            "writing the blocks into two files",
            with(vec![("b.eks.hcl", only(even)), ("a.eks.hcl", only(odd))]),
        ),
        ("writing the attributes backwards", with(vec![("z.eks.hcl", inside)])),
    ]
}

fn text(blocks: Vec<Structure>) -> String {
    let mut body = Body::new();
    blocks.into_iter().for_each(|block| body.push(block));
    body.to_string()
}

/// The attributes of a block in reverse, its nested blocks as they were: their order may count.
fn attributes_backwards(structure: Structure) -> Structure {
    let Structure::Block(mut block) = structure else { return structure };
    let (mut attributes, blocks): (Vec<_>, Vec<_>) =
        std::mem::take(&mut block.body).into_iter().partition(|it| matches!(it, Structure::Attribute(_)));
    attributes.reverse();
    for structure in attributes.into_iter().chain(blocks) {
        block.body.push(structure);
    }
    block.body.set_prefer_oneline(false);
    Structure::Block(block)
}
