//! Several blocks that differ in little as one block with `for_each`.

use super::block::{Body, Item};
use super::expression::Expression;
use super::labels::valid;
use std::collections::BTreeSet;

/// How many blocks it takes to be worth repeating one.
pub const FEWEST: usize = 3;
/// In how many attributes they may differ.
const MOST_COLUMNS: usize = 3;

/// One block for several.
pub struct Repeated {
    /// What the block could be called, best first.
    pub names: Vec<String>,
    pub body: Body,
    /// The key of each of them.
    pub keys: Vec<String>,
}

/// What blocks have in common that can be one: everything but the scalars right in the body.
pub fn skeleton(body: &Body) -> String {
    format!(
        "{:?}",
        Body(
            body.0
                .iter()
                .map(|item| if scalar(item).is_some() { blank(item) } else { item.clone() })
                .collect()
        )
    )
}

fn blank(item: &Item) -> Item {
    match item {
        Item::Attribute { name, .. } => {
            Item::Attribute { name: name.clone(), value: Expression::Code(String::new()), comment: None }
        }
        Item::Block { .. } => item.clone(),
    }
}

/// Name and value of an attribute that may differ between the instances of one block.
fn scalar(item: &Item) -> Option<(&str, &Expression)> {
    match item {
        Item::Attribute { name, value, comment: None } if value.is_scalar() => Some((name, value)),
        _ => None,
    }
}

fn column<'b>(bodies: &[&'b Body], name: &str) -> Vec<&'b Expression> {
    let of = |body: &&'b Body| body.0.iter().filter_map(scalar).find(|(known, _)| *known == name);
    bodies.iter().filter_map(of).map(|(_, value)| value).collect()
}

fn text(value: &Expression) -> Option<&str> {
    match value {
        Expression::Scalar(value) => value.as_str(),
        _ => None,
    }
}

/// Blocks of one kind and [`skeleton`] as one. `key` names the attribute that tells them apart, `beside` one that
/// does so together with it; `wished` are the keys to use if the attribute is made of them.
pub fn repeat(bodies: &[&Body], key: &str, beside: Option<&str>, wished: &[String]) -> Option<Repeated> {
    let first = bodies.first().filter(|_| bodies.len() >= FEWEST)?;
    let names = || first.0.iter().filter_map(scalar).map(|(name, _)| name);
    let differs = |name: &&str| column(bodies, name).windows(2).any(|pair| pair[0] != pair[1]);
    let mut columns: Vec<&str> = names().filter(differs).collect();
    if columns.len() > MOST_COLUMNS {
        return None;
    }
    let own: Vec<&str> = column(bodies, key).into_iter().filter_map(text).collect();
    let (keys, template, around) =
        keys(&own, wished).filter(|(keys, ..)| keys.len() == bodies.len()).or_else(|| {
            let beside: Vec<&str> = column(bodies, beside?).into_iter().filter_map(text).collect();
            let keys: Vec<String> =
                beside.iter().zip(&own).map(|(beside, own)| format!("{beside}/{own}")).collect();
            let unique = keys.iter().collect::<BTreeSet<_>>().len() == bodies.len();
            unique.then(|| (keys, None, Vec::new()))
        })?;
    if template.is_some() {
        columns.retain(|name| *name != key);
    }
    // A reference to the instance with the same key is one expression.
    let mut constant: Vec<(&str, Expression)> = Vec::new();
    columns.retain(|name| match same_key(&column(bodies, name), &keys) {
        Some(reference) => {
            constant.push((name, reference));
            false
        }
        None => true,
    });
    let value = |at: usize, name: &str| column(bodies, name).get(at).map(|value| (*value).clone());
    let for_each = match columns.as_slice() {
        [] => Expression::Call(
            "toset",
            Box::new(Expression::List(keys.iter().map(|key| Expression::text(key)).collect())),
        ),
        [only] => Expression::Object(
            keys.iter().enumerate().filter_map(|(at, key)| Some((key.clone(), value(at, only)?))).collect(),
        ),
        several => {
            let row = |at: usize| {
                several.iter().filter_map(|name| Some(((*name).to_string(), value(at, name)?))).collect()
            };
            Expression::Object(
                keys.iter().enumerate().map(|(at, key)| (key.clone(), Expression::Object(row(at)))).collect(),
            )
        }
    };
    let mut body = Body::default();
    body.attribute("for_each", for_each);
    for item in &first.0 {
        let Some((name, same)) = scalar(item) else {
            body.0.push(item.clone());
            continue;
        };
        let constant = constant.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
        let value = match (&template, columns.as_slice()) {
            (Some(template), _) if name == key => Expression::Code(template.clone()),
            (_, [only]) if *only == name => Expression::Code("each.value".to_string()),
            (_, several) if several.contains(&name) => Expression::Code(format!("each.value.{name}")),
            _ => constant.unwrap_or_else(|| same.clone()),
        };
        body.attribute(name, value);
    }
    let together = beside.filter(|name| !differs(name)).and_then(|name| text(column(bodies, name).first()?));
    let names = together.into_iter().map(str::to_string).chain(around).chain(["workloads".to_string()]);
    Some(Repeated { names: names.collect(), body, keys })
}

/// A key for each name: the wished ones where each name is the same text around its own, else what is left
/// without what all names begin and end with. With it the template that gives the names back, and what stands
/// around the keys. `None` if names are not unique.
#[allow(clippy::type_complexity, reason = "three parts of one answer, used once")]
fn keys(names: &[&str], wished: &[String]) -> Option<(Vec<String>, Option<String>, Vec<String>)> {
    let first = names.first()?;
    let (prefix, suffix) = around(names, wished).unwrap_or_else(|| shared(names));
    let keys: Vec<String> = names.iter().map(|name| name[prefix..name.len() - suffix].to_string()).collect();
    if keys.iter().collect::<BTreeSet<_>>().len() != names.len() {
        return None;
    }
    let around = [&first[..prefix], &first[first.len() - suffix..]];
    let template = match around {
        ["", ""] => "each.key".to_string(),
        [before, after] => {
            // Quoted together, then cut open for the key.
            let quoted = |text: &str| {
                let quoted = crate::lang::quoted_string(text);
                quoted[1..quoted.len() - 1].to_string()
            };
            format!("\"{}${{each.key}}{}\"", quoted(before), quoted(after))
        }
    };
    let around = around.map(|part| part.trim_matches(separator)).into_iter().filter(|part| part.len() > 1);
    Some((keys, Some(template), around.map(valid).collect()))
}

fn separator(c: char) -> bool {
    c.is_ascii_punctuation()
}

/// How many bytes stand before and after the wished keys, if that is the same text in every name.
fn around(names: &[&str], wished: &[String]) -> Option<(usize, usize)> {
    let unique = wished.iter().collect::<BTreeSet<_>>().len() == names.len() && wished.len() == names.len();
    let (before, after) = names.first()?.split_once(wished.first().filter(|_| unique)?.as_str())?;
    let mut both = names.iter().zip(wished);
    let same = both.all(|(name, key)| *name == format!("{before}{key}{after}"));
    same.then_some((before.len(), after.len()))
}

/// How many bytes all names begin and end with, up to a separator, if something is left of each.
fn shared(names: &[&str]) -> (usize, usize) {
    let Some(first) = names.first() else { return (0, 0) };
    let same = |(a, b): &(char, char)| a == b;
    let length = |pairs: &mut dyn Iterator<Item = (char, char)>| -> usize {
        pairs.take_while(same).map(|(c, _)| c.len_utf8()).sum()
    };
    let prefix = names.iter().map(|name| length(&mut first.chars().zip(name.chars()))).min().unwrap_or(0);
    let prefix = first[..prefix].rfind(separator).map_or(0, |at| at + 1);
    let ends = names.iter().map(|name| length(&mut first.chars().rev().zip(name.chars().rev())));
    let tail = &first[first.len() - ends.min().unwrap_or(0)..];
    let suffix = tail.find(separator).map_or(0, |at| tail.len() - at);
    match names.iter().any(|name| name.len() <= prefix + suffix) {
        true => (0, 0),
        false => (prefix, suffix),
    }
}

/// `role.app[each.key].arn`, if every value refers to the instance with its own key.
fn same_key(values: &[&Expression], keys: &[String]) -> Option<Expression> {
    let Some(Expression::Reference { block, attribute, .. }) = values.first() else { return None };
    let all = values.iter().zip(keys).all(|(value, key)| match value {
        Expression::Reference { block: other, key: Some(own), .. } => other == block && own == key,
        _ => false,
    });
    (all && values.len() == keys.len()).then(|| Expression::Code(format!("{block}[each.key].{attribute}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(names: &[&str], wished: &[&str]) -> Option<(String, String)> {
        let wished: Vec<String> = wished.iter().map(ToString::to_string).collect();
        keys(names, &wished).map(|(keys, template, _)| (keys.join(" "), template.unwrap_or_default()))
    }

    #[test]
    fn keys_are_what_differs_between_names() {
        for (names, wished, expected) in [
            (&["demo-orders", "demo-users"][..], &[][..], Some(("orders users", "\"demo-${each.key}\""))),
            (&["orders", "users"], &[], Some(("orders users", "each.key"))),
            (&["a-x-role", "a-y-role"], &[], Some(("x y", "\"a-${each.key}-role\""))),
            (&["demo", "demo-users"], &[], Some(("demo demo-users", "each.key"))),
            (&["a", "a"], &[], None),
            (&["x-one", "x-onerous"], &[], Some(("one onerous", "\"x-${each.key}\""))),
            (&["eks-a-x", "eks-a-y"], &["a-x", "a-y"], Some(("a-x a-y", "\"eks-${each.key}\""))),
            (&["eks-a-x", "eks-a-y"], &["a-x", "b-y"], Some(("x y", "\"eks-a-${each.key}\""))),
            (&["é-1-x", "é-2-x"], &[], Some(("1 2", "\"é-${each.key}-x\""))),
        ] {
            let expected = expected.map(|(keys, template)| (keys.to_string(), template.to_string()));
            assert_eq!(shown(names, wished), expected, "{names:?}");
        }
    }
}
