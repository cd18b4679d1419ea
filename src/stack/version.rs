//! Version constraints as Terraform writes them: `>= 0.1`, `~> 1.2`, `>= 1.0, < 2.0`.

/// Whether `version` satisfies every comma-separated part of `constraint`; `None` if that is none.
pub(super) fn satisfies(constraint: &str, version: &str) -> Option<bool> {
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

fn parts(version: &str) -> Option<Vec<u64>> {
    version.trim().split('.').map(|part| part.parse().ok()).collect()
}

fn compare(a: &[u64], b: &[u64]) -> std::cmp::Ordering {
    let at = |side: &[u64], index: usize| side.get(index).copied().unwrap_or(0);
    (0..a.len().max(b.len()))
        .map(|index| at(a, index).cmp(&at(b, index)))
        .find(|order| order.is_ne())
        .unwrap_or(std::cmp::Ordering::Equal)
}

#[cfg(test)]
mod tests {
    use super::satisfies;

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
}
