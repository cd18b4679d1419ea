//! What EKS offers, as tables and as JSON.

use super::style::{Style, paint, printable};
use crate::discover::{AddonPage, AddonRow, RoleRow, Setting};
use crate::value::Text;
use serde_json::{Value, json};
use std::fmt::Write as _;
use unicode_width::UnicodeWidthStr;

/// Rows under a heading, each column as wide as it needs to be; the last one as it comes, and none that is empty.
pub fn table(heading: &[&str], rows: &[Vec<String>], style: Style) -> String {
    let filled =
        |column: &usize| rows.iter().any(|row| row.get(*column).is_some_and(|cell| !cell.is_empty()));
    let kept: Vec<usize> = (0..heading.len()).filter(filled).collect();
    let heading: Vec<&str> = kept.iter().map(|column| heading[*column]).collect();
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| kept.iter().map(|column| row.get(*column).cloned().unwrap_or_default()).collect())
        .collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width());
        cells.chain([heading[column].width()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..heading.len()).map(width).collect();
    let line = |cells: &[String]| {
        let last = cells.len().saturating_sub(1);
        let mut text = String::new();
        for (at, cell) in cells.iter().enumerate() {
            text.push_str(cell);
            if at < last {
                let _ = write!(text, "{:1$}", "", widths[at].saturating_sub(cell.width()) + 2);
            }
        }
        text.trim_end().to_string()
    };
    let heading: Vec<String> = heading.into_iter().map(str::to_string).collect();
    let mut text = format!("{}\n", paint(style.strong, &line(&heading)));
    for row in &rows {
        text.push_str(&line(row));
        text.push('\n');
    }
    text
}

fn yes(value: bool) -> String {
    if value { "yes" } else { "no" }.to_string()
}

fn joined(items: &[Text]) -> String {
    match items {
        [] => "-".to_string(),
        items => items.iter().map(|item| printable(item)).collect::<Vec<_>>().join(", "),
    }
}

/// The list of add-ons.
pub fn addons(rows: &[AddonRow], style: Style) -> String {
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            vec![
                printable(&row.name).to_string(),
                printable(&row.default).to_string(),
                printable(&row.latest).to_string(),
                yes(row.requires_iam),
                row.namespace.as_deref().map_or("-".to_string(), |name| printable(name).to_string()),
                joined(&row.service_accounts),
            ]
        })
        .collect();
    let heading = ["ADD-ON", "DEFAULT", "LATEST", "NEEDS IAM", "NAMESPACE", "SERVICE ACCOUNTS"];
    table(&heading, &cells, style)
}

fn texts(items: &[Text]) -> Vec<&str> {
    items.iter().map(AsRef::as_ref).collect()
}

fn row_json(row: &AddonRow) -> Value {
    json!({
        "name": &*row.name, "type": &*row.category, "publisher": &*row.publisher,
        "default_version": &*row.default, "latest_version": &*row.latest,
        "requires_iam_permissions": row.requires_iam, "default_namespace": row.namespace.as_deref(),
        "service_accounts": texts(&row.service_accounts),
    })
}

/// The list of add-ons as JSON.
pub fn json_addons(kubernetes: &str, rows: &[AddonRow]) -> Value {
    let rows: Vec<Value> = rows.iter().map(row_json).collect();
    json!({"format_version": "1", "kubernetes_version": kubernetes, "addons": rows})
}

/// One version of an add-on.
pub fn addon(page: &AddonPage, style: Style) -> String {
    let mut text = format!(
        "{} for Kubernetes {}\n\n",
        paint(style.strong, &format!("{} {}", printable(&page.name), printable(&page.version))),
        page.kubernetes
    );
    let _ = writeln!(text, "Namespace:             {}", page.namespace.as_deref().map_or("-", |it| it));
    let _ = writeln!(text, "Needs IAM permissions: {}", yes(page.requires_iam));
    let _ = writeln!(text, "Needs configuration:   {}", yes(page.requires_configuration));
    let _ = write!(text, "\n{}\n", paint(style.strong, "Service accounts and what EKS recommends for them"));
    if page.service_accounts.is_empty() {
        text.push_str("  none\n");
    }
    for (account, policies) in &page.service_accounts {
        let _ = writeln!(text, "  {}", printable(account));
        for policy in policies {
            let _ = writeln!(text, "    {}", printable(policy));
        }
    }
    if !page.service_accounts.is_empty() {
        let _ = write!(
            text,
            "\n  In the files: addon \"{}\" {{ …  pod_identity = \"recommended\" }}\n",
            printable(&page.name)
        );
    }
    let _ = write!(text, "\n{}\n", paint(style.strong, "Versions"));
    for version in &page.versions {
        let mark = if version.default { "  (default)" } else { "" };
        let _ = writeln!(text, "  {}{mark}", printable(&version.version));
    }
    let _ = write!(text, "\n{}\n", paint(style.strong, "configuration_values"));
    if page.settings.is_empty() {
        text.push_str("  none\n");
    } else {
        let rows: Vec<Vec<String>> = page.settings.iter().map(setting).collect();
        let table = table(&["SETTING", "TYPE", "DEFAULT", "MEANING"], &rows, Style::plain());
        for line in table.lines() {
            let _ = writeln!(text, "  {line}");
        }
    }
    text
}

fn setting(setting: &Setting) -> Vec<String> {
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let path = if setting.required { format!("{} (required)", setting.path) } else { setting.path.clone() };
    vec![
        printable(&path).to_string(),
        printable(&setting.kind).to_string(),
        printable(setting.default.as_deref().unwrap_or("")).to_string(),
        printable(&one_line(setting.description.as_deref().unwrap_or(""))).to_string(),
    ]
}

/// One version of an add-on as JSON.
pub fn json_addon(page: &AddonPage) -> Value {
    let accounts: Vec<Value> = page
        .service_accounts
        .iter()
        .map(|(name, policies)| json!({"service_account": &**name, "recommended_managed_policies": texts(policies)}))
        .collect();
    let versions: Vec<Value> =
        page.versions.iter().map(|row| json!({"version": &*row.version, "default": row.default})).collect();
    let settings: Vec<Value> = page
        .settings
        .iter()
        .map(|setting| {
            json!({
                "path": setting.path, "type": setting.kind, "default": setting.default,
                "description": setting.description, "required": setting.required,
            })
        })
        .collect();
    json!({
        "format_version": "1", "name": &*page.name, "version": &*page.version,
        "kubernetes_version": &*page.kubernetes, "default_namespace": page.namespace.as_deref(),
        "requires_iam_permissions": page.requires_iam, "requires_configuration": page.requires_configuration,
        "service_accounts": accounts, "versions": versions, "configuration_settings": settings,
    })
}

/// The roles an add-on could use.
pub fn addon_roles(addon: &str, version: &str, no_accounts: bool, rows: &[RoleRow], style: Style) -> String {
    let addon = printable(addon);
    if no_accounts {
        return format!("EKS recommends no permissions for any service account of {addon} {version}.\n");
    }
    if rows.is_empty() {
        return format!(
            "No role of the account is one that EKS Pod Identity could use for {addon}.\n\nTo let eksform make the recommended ones: addon \"{addon}\" {{ …  pod_identity = \"recommended\" }}\n"
        );
    }
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            vec![
                printable(&row.service_account).to_string(),
                printable(&row.role).to_string(),
                yes(row.suffices()),
                joined(&row.lacks),
                joined(&row.beyond),
                if row.trust.is_empty() {
                    "-".to_string()
                } else {
                    printable(&row.trust.join("; ")).to_string()
                },
            ]
        })
        .collect();
    let heading = ["SERVICE ACCOUNT", "ROLE", "SUFFICES", "LACKS", "BEYOND", "TRUST"];
    table(&heading, &cells, style)
}

/// The roles an add-on could use, as JSON.
pub fn json_addon_roles(addon: &str, rows: &[RoleRow]) -> Value {
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!({
                "service_account": &*row.service_account, "role_name": &*row.role, "role_arn": &*row.arn,
                "suffices": row.suffices(), "lacks": texts(&row.lacks), "beyond": texts(&row.beyond), "trust_problems": row.trust,
            })
        })
        .collect();
    json!({"format_version": "1", "addon": addon, "roles": rows})
}
