//! Labels of blocks, made of the names of objects.

use std::collections::BTreeSet;

/// Labels given out so far, by kind.
#[derive(Clone, Debug, Default)]
pub struct Labels(BTreeSet<(String, String)>);

impl Labels {
    /// Labels that are taken already, as (kind, label).
    pub fn taken(labels: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(labels.into_iter().collect())
    }

    /// The first of the names whose label is free, else the first with a number.
    pub fn give(&mut self, kind: &str, names: &[String]) -> String {
        let labels: Vec<String> = names.iter().map(|name| valid(name)).collect();
        let first = labels.first().cloned().unwrap_or_else(|| kind.to_string());
        let free = |label: &String| !self.0.contains(&(kind.to_string(), label.clone()));
        let numbered = || (2u32..).map(|number| format!("{first}-{number}"));
        // Only so many labels are taken, so a number is free.
        let label = labels.iter().find(|label| free(label)).cloned().or_else(|| numbered().find(free));
        let label = label.unwrap_or(first);
        self.0.insert((kind.to_string(), label.clone()));
        label
    }
}

/// A name with the characters a label may have.
pub fn valid(name: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let label: String = name.chars().map(|c| if fits(c) { c } else { '-' }).collect();
    match label.chars().next() {
        Some(c) if c.is_ascii_alphabetic() || c == '_' => label,
        _ => format!("_{label}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_valid_and_given_once() {
        let mut labels = Labels::taken([("addon".to_string(), "vpc-cni".to_string())]);
        let mut give = |kind: &str, names: &[&str]| {
            labels.give(kind, &names.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        assert_eq!(give("role", &["a.b@c"]), "a-b-c");
        assert_eq!(give("role", &["a,b=c"]), "a-b-c-2");
        assert_eq!(give("addon", &["vpc-cni", "demo-vpc-cni"]), "demo-vpc-cni");
        assert_eq!(give("cluster", &["1st"]), "_1st");
        assert_eq!(give("role", &["a.b+c"]), "a-b-c-3");
    }
}
