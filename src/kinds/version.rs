//! Versions of Kubernetes and of add-ons, and what the files may ask for instead of an exact one.

use std::cmp::Ordering;

/// What a `version` in the files asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requirement<'a> {
    /// One version, as AWS writes it: `v1.19.0-eksbuild.1`.
    Exact(&'a str),
    /// The one EKS installs by default for the cluster's Kubernetes version.
    Default,
    /// The newest one on offer.
    Latest,
    /// The newest one on offer that satisfies every part: `~> 1.19`, `>= 1.18, < 1.20`.
    Range(&'a str),
}

impl<'a> Requirement<'a> {
    /// Reads what the files say; `None` if it is none of these.
    pub fn parse(text: &'a str) -> Option<Self> {
        match text {
            "default" => Some(Self::Default),
            "latest" => Some(Self::Latest),
            _ if satisfies(text, "0").is_some() => Some(Self::Range(text)),
            _ => {
                let exact = text.strip_prefix('v').unwrap_or(text).starts_with(|c: char| c.is_ascii_digit())
                    && !text.contains(|c: char| c.is_whitespace() || c == ',');
                exact.then_some(Self::Exact(text))
            }
        }
    }

    /// Whether one version on offer is what is asked for; the default one is so only by its flag.
    pub fn admits(&self, version: &str) -> bool {
        match self {
            Self::Exact(exact) => *exact == version,
            Self::Default | Self::Latest => true,
            Self::Range(range) => satisfies(range, release(version)) == Some(true),
        }
    }
}

/// The part of an add-on version that constraints speak of: `1.19.0` of `v1.19.0-eksbuild.1`.
fn release(version: &str) -> &str {
    let version = version.strip_prefix('v').unwrap_or(version);
    version.split(['-', '+']).next().unwrap_or(version)
}

/// Whether `version` satisfies every comma-separated part of `constraint`, which is written as Terraform
/// writes them: `>= 0.1`, `~> 1.2`, `>= 1.0, < 2.0`. `None` if that is none.
pub fn satisfies(constraint: &str, version: &str) -> Option<bool> {
    let version = parts(version)?;
    let mut all = true;
    for part in constraint.split(',') {
        let part = part.trim();
        let digits = part.find(|c: char| c.is_ascii_digit())?;
        let (operator, bound) = part.split_at(digits);
        let bound = parts(bound)?;
        all &= match operator.trim() {
            "" | "=" => compare(&version, &bound).is_eq(),
            "!=" => compare(&version, &bound).is_ne(),
            ">" => compare(&version, &bound).is_gt(),
            ">=" => compare(&version, &bound).is_ge(),
            "<" => compare(&version, &bound).is_lt(),
            "<=" => compare(&version, &bound).is_le(),
            // Only the last part given may grow.
            "~>" => {
                let fixed = bound.len().saturating_sub(1).max(1);
                compare(&version, &bound).is_ge() && version.iter().take(fixed).eq(bound.iter().take(fixed))
            }
            _ => return None,
        };
    }
    Some(all)
}

/// The numbers in a version, in order, by which versions compare: `v1.19.0-eksbuild.2` is 1, 19, 0, 2.
pub fn numbers(version: &str) -> Vec<u64> {
    version.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect()
}

/// The minor number of a Kubernetes version: 33 of `1.33`.
pub fn minor(version: &str) -> Option<u64> {
    numbers(version).get(1).copied()
}

fn parts(version: &str) -> Option<Vec<u64>> {
    version.trim().split('.').map(|part| part.parse().ok()).collect()
}

fn compare(a: &[u64], b: &[u64]) -> Ordering {
    let at = |side: &[u64], index: usize| side.get(index).copied().unwrap_or(0);
    (0..a.len().max(b.len()))
        .map(|index| at(a, index).cmp(&at(b, index)))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints() {
        for (constraint, version, expected) in [
            (">= 0.1", "0.1.0", Some(true)),
            (">= 0.2", "0.1.0", Some(false)),
            ("~> 1.2", "1.9.0", Some(true)),
            ("~> 1.2", "2.0.0", Some(false)),
            ("~> 1.2.3", "1.3.0", Some(false)),
            (">= 1.0, < 2.0", "1.5.0", Some(true)),
            ("1.5", "1.5.0", Some(true)),
            ("!= 1.5", "1.5.0", Some(false)),
            ("latest", "1.5.0", None),
            (">= x", "1.5.0", None),
            ("", "1.5.0", None),
        ] {
            assert_eq!(satisfies(constraint, version), expected, "{constraint}");
        }
    }

    #[test]
    fn requirements() {
        use Requirement::*;
        for (text, expected) in [
            ("default", Some(Default)),
            ("latest", Some(Latest)),
            ("~> 1.19", Some(Range("~> 1.19"))),
            (">= 1.18, < 1.20", Some(Range(">= 1.18, < 1.20"))),
            ("1.19", Some(Range("1.19"))),
            ("v1.19.0-eksbuild.1", Some(Exact("v1.19.0-eksbuild.1"))),
            ("1.19.0-eksbuild.1", Some(Exact("1.19.0-eksbuild.1"))),
            ("newest", None),
            ("~> v1", None),
            ("v1, v2", None),
            ("", None),
        ] {
            assert_eq!(Requirement::parse(text), expected, "{text}");
        }
        assert!(Range("~> 1.19").admits("v1.20.1-eksbuild.3"));
        assert!(!Range("~> 1.19").admits("v2.0.0-eksbuild.1"));
        assert!(Range("~> 1.19.0").admits("v1.19.6-eksbuild.12"));
        assert!(Range("= 1.19.0").admits("v1.19.0-eksbuild.12"));
    }
}
