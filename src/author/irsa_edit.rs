//! Edits of files that people wrote, by span: only what has to change does.

use crate::diagnostic::{FileId, Sources, Span};
use crate::lang::syntax::{self, Block, Body};
use crate::lang::{self, quoted_string};
use crate::value::Text;
use std::collections::BTreeMap;
use std::ops::Range;

/// A block of the stack's own files.
#[derive(Clone, Copy, Debug)]
pub struct Written<'a> {
    /// From its header to its closing brace.
    pub body: &'a Body,
    /// Whether it stands for several objects.
    pub repeated: bool,
}

/// Edits that were found, by file.
pub struct Edits<'s> {
    sources: &'s Sources,
    edits: BTreeMap<FileId, BTreeMap<usize, (Range<usize>, String)>>,
}

const PODS: &str = "pods.eks.amazonaws.com";

impl<'s> Edits<'s> {
    pub fn new(sources: &'s Sources) -> Self {
        Self { sources, edits: BTreeMap::new() }
    }

    pub fn any(&self) -> bool {
        !self.edits.is_empty()
    }

    /// Lets the role trust pods as well. Whether that was to be done; or why it cannot be.
    pub fn open(&mut self, block: &Written<'_>) -> Result<bool, String> {
        let body = block.body;
        let text = self.sources.text(body.span);
        if body.attribute("trust_policy").is_some() {
            return match text.contains(PODS) {
                true => Ok(false),
                false => Err(format!("{} writes the whole trust policy", self.at(body.span))),
            };
        }
        let trusts: Vec<&Block> = body.blocks_of("trust").collect();
        let dynamic =
            body.blocks_of("dynamic").any(|block| block.labels.iter().any(|(name, _)| &**name == "trust"));
        let open = trusts.iter().any(|trust| self.sources.text(trust.body.span).contains(PODS));
        if open || (trusts.is_empty() && !dynamic) {
            // Without any block it trusts nobody but pods.
            return Ok(false);
        }
        self.plain(block)?;
        self.append(body, format!("trust {{\n    service = {}\n  }}", quoted_string(PODS)))?;
        Ok(true)
    }

    /// Puts associations in the place of the add-on's role, after the block `after` if one is given. Whether that was
    /// to be done; or why it cannot be.
    pub fn associate(
        &mut self,
        block: &Written<'_>,
        role: &str,
        accounts: &[Text],
        after: Option<&str>,
    ) -> Result<bool, String> {
        let body = block.body;
        let old = body.attribute("service_account_role_arn");
        if body.attribute("pod_identity").is_some()
            || body.blocks_of("pod_identity_association").next().is_some()
        {
            return Ok(false);
        }
        self.plain(block)?;
        let role = match old {
            Some(old) => self.sources.text(old.expr.span()).trim().to_string(),
            None => quoted_string(role),
        };
        let after = after.filter(|_| body.attribute("depends_on").is_none());
        let after = after.map(|after| format!("depends_on = [{after}]"));
        let blocks = accounts
            .iter()
            .map(|account| {
                let account = quoted_string(account);
                format!(
                    "pod_identity_association {{\n    service_account = {account}\n    role_arn        = {role}\n  }}"
                )
            });
        let parts: Vec<String> = after.into_iter().chain(blocks).collect();
        if let Some(old) = old {
            self.remove(old.span)?;
        }
        self.append(body, parts.join("\n\n  "))?;
        Ok(true)
    }

    /// Removes the `trust` blocks of an OIDC provider. An error says why that cannot be.
    pub fn close(&mut self, block: &Written<'_>, issuer: &str) -> Result<(), String> {
        let body = block.body;
        let provider = format!("oidc-provider/{issuer}");
        if let Some(policy) = body.attribute("trust_policy") {
            return Err(format!("{} writes the whole trust policy", self.at(policy.span)));
        }
        let trusts: Vec<&Block> = body.blocks_of("trust").collect();
        let federated = |trust: &&&Block| trust.body.attribute("federated").is_some();
        let of_provider = |trust: &&&Block| {
            let who = trust.body.attribute("federated").map(|who| self.sources.text(who.expr.span()));
            let only = trust.body.attribute("service").is_none() && trust.body.attribute("aws").is_none();
            only && who.is_some_and(|who| {
                who.trim_matches(['"', '[', ']', ' ']).ends_with(&provider) && !who.contains(',')
            })
        };
        let found: Vec<Span> = trusts.iter().filter(of_provider).map(|trust| trust.body.span).collect();
        if found.is_empty() {
            let other = trusts.iter().find(federated).map_or(body.span, |trust| trust.body.span);
            return Err(format!("{} does not write out the OIDC provider of this cluster", self.at(other)));
        }
        if found.len() == trusts.len() && body.blocks_of("dynamic").next().is_none() {
            return Err(format!("{} trusts nobody else", self.at(body.span)));
        }
        self.plain(block)?;
        for span in found {
            self.remove(span)?;
        }
        Ok(())
    }

    /// `main.eks.hcl:12`.
    fn at(&self, span: Span) -> String {
        let (path, line, _) = self.sources.position(span);
        format!("{path}:{line}")
    }

    /// Whether a block can be edited at all.
    fn plain(&self, block: &Written<'_>) -> Result<(), String> {
        let at = self.at(block.body.span);
        let json = self.sources.get(block.body.span.file).is_none_or(|file| file.path.ends_with(".json"));
        match () {
            () if json => Err(format!("{at} is JSON")),
            () if block.repeated => Err(format!("{at} stands for several objects")),
            () if !self.sources.text(block.body.span).contains('\n') => {
                Err(format!("{at} is written on one line"))
            }
            () => Ok(()),
        }
    }

    /// Adds text before the closing brace.
    fn append(&mut self, body: &Body, text: String) -> Result<(), String> {
        let unknown = || format!("{} has no closing brace", self.at(body.span));
        let brace = self.sources.text(body.span).rfind('}').ok_or_else(unknown)?;
        let at = body.span.start as usize + brace;
        self.put(body.span.file, at..at, format!("\n  {text}\n"));
        Ok(())
    }

    /// Removes what stands on lines of its own, and the blank line before it.
    fn remove(&mut self, span: Span) -> Result<(), String> {
        let Some(file) = self.sources.get(span.file) else { return Ok(()) };
        let (before, after) = (&file.text[..span.start as usize], &file.text[span.end as usize..]);
        let mut start = before.trim_end_matches([' ', '\t']).len();
        // A comment behind it goes along.
        let line = after.find('\n').unwrap_or(after.len());
        let rest = after[..line].trim();
        if !(rest.is_empty() || rest.starts_with('#') || rest.starts_with("//"))
            || !before[..start].ends_with('\n')
        {
            return Err(format!("{} shares its line with something else", self.at(span)));
        }
        if before[..start].ends_with("\n\n") {
            start -= 1;
        }
        let end = span.end as usize + (line + 1).min(after.len());
        self.put(span.file, start..end, String::new());
        Ok(())
    }

    fn put(&mut self, file: FileId, range: Range<usize>, text: String) {
        self.edits.entry(file).or_default().insert(range.start, (range, text));
    }

    /// The files that change: paths and texts. Those that were laid out stay so.
    pub fn apply(&self) -> BTreeMap<String, String> {
        let mut changed = BTreeMap::new();
        for (id, edits) in &self.edits {
            let Some(file) = self.sources.get(*id) else { continue };
            let mut text = file.text.to_string();
            // From the back, so that places before stay where they are.
            for (range, new) in edits.values().rev() {
                text.replace_range(range.clone(), new);
            }
            let laid_out = lang::format(&file.text).is_ok_and(|formatted| *formatted == *file.text);
            let text = match lang::format(&text) {
                Ok(formatted) if laid_out => formatted,
                _ => text,
            };
            debug_assert!(syntax::parse(*id, &text).1.is_empty(), "{text}");
            changed.insert(file.path.clone(), text);
        }
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "oidc.eks.us-east-2.amazonaws.com/id/AAAA";

    /// What becomes of a file with one block.
    fn edited(
        text: &str,
        edit: impl Fn(&mut Edits<'_>, &Written<'_>) -> Result<(), String>,
    ) -> Result<Option<String>, String> {
        let mut sources = Sources::default();
        let file = sources.add("main.eks.hcl", text);
        let (document, problems) = syntax::parse(file, text);
        assert!(problems.is_empty(), "{problems:?}");
        let mut edits = Edits::new(&sources);
        let body = &document.body.blocks[0].body;
        edit(&mut edits, &Written { body, repeated: text.contains("for_each") })?;
        Ok(edits.apply().remove("main.eks.hcl"))
    }

    fn opened(text: &str) -> Result<Option<String>, String> {
        edited(text, |edits, block| edits.open(block).map(|_| ()))
    }

    fn associated(text: &str) -> Result<Option<String>, String> {
        edited(text, |edits, block| {
            edits.associate(block, "arn:aws:iam::123456789012:role/r", &["sa".into()], None).map(|_| ())
        })
    }

    fn closed(text: &str) -> Result<Option<String>, String> {
        edited(text, |edits, block| edits.close(block, ISSUER))
    }

    #[test]
    fn a_role_is_opened_and_closed_again() {
        let before = format!(
            "role \"r\" {{\n  trust {{\n    federated = \"arn:aws:iam::1:oidc-provider/{ISSUER}\" # IRSA\n  }}\n}}\n"
        );
        let open = opened(&before).expect("an edit").expect("a change");
        assert_eq!(
            open,
            before.replace("  }\n}", "  }\n\n  trust {\n    service = \"pods.eks.amazonaws.com\"\n  }\n}")
        );
        assert_eq!(opened(&open), Ok(None));
        let closed = closed(&open).expect("an edit").expect("a change");
        assert!(!closed.contains("federated"), "{closed}");
        assert_eq!(opened(&closed), Ok(None));
    }

    #[test]
    fn what_an_edit_could_break_is_left_alone() {
        for (text, why) in [
            ("role \"r\" {\n  trust_policy = jsonencode({})\n}\n", "writes the whole trust policy"),
            (
                "role \"r\" {\n  for_each = {}\n  trust {\n    aws = \"1\"\n  }\n}\n",
                "stands for several objects",
            ),
        ] {
            assert!(opened(text).expect_err(text).contains(why), "{text}");
        }
        let alone = format!(
            "role \"r\" {{\n  trust {{\n    federated = \"arn:x:oidc-provider/{ISSUER}\"\n  }}\n}}\n"
        );
        assert!(closed(&alone).expect_err("refused").contains("trusts nobody else"));
        let computed = "role \"r\" {\n  trust {\n    federated = local.oidc\n  }\n  trust {\n    service = \"pods.eks.amazonaws.com\"\n  }\n}\n";
        assert!(closed(computed).expect_err("refused").contains("main.eks.hcl:2 does not write out"));
    }

    #[test]
    fn an_addon_keeps_the_expression_of_its_role() {
        let before = "addon \"a\" {\n  cluster = \"demo\"\n\n  # Why.\n  service_account_role_arn = role.r[\"x\"].arn # old\n  version = \"v1\"\n}\n";
        let after = associated(before).expect("an edit").expect("a change");
        let expected = "addon \"a\" {\n  cluster = \"demo\"\n\n  # Why.\n  version = \"v1\"\n\n  pod_identity_association {\n    service_account = \"sa\"\n    role_arn        = role.r[\"x\"].arn\n  }\n}\n";
        assert_eq!(after, expected);
        assert_eq!(associated(&after), Ok(None));
        let without = "addon \"a\" {\n  cluster = \"demo\"\n}\n";
        let after = associated(without).expect("an edit").expect("a change");
        assert!(after.contains("role_arn        = \"arn:aws:iam::123456789012:role/r\""), "{after}");
    }
}
