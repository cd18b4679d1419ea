//! A cluster's own API, as a kubeconfig leads there: the pods of a namespace, nothing else.
//!
//! Over the HTTP client that the SDK brings along. What of a kubeconfig is not understood is said, never skipped.

use crate::diagnostic::Diagnostic;
use crate::discover::{Pod, pods};
use crate::value::Text;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorSettings};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::byte_stream::ByteStream;
use base64::Engine as _;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::error::Error as _;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

/// Pods asked for at a time.
const PAGE: usize = 500;
/// What stands in a URL as something else than itself.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const CONNECT: Duration = Duration::from_secs(10);
const READ: Duration = Duration::from_secs(30);
const API_VERSIONS: [&str; 2] = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];

type Problem = Box<Diagnostic>;

fn problem(message: impl Into<String>) -> Problem {
    Box::new(Diagnostic::error("kubeconfig", message))
}

fn unsupported(what: &str) -> Problem {
    Box::new(
        problem(format!("{what} of a kubeconfig is not supported"))
            .help("use a token, a tokenFile or an exec plugin: aws eks update-kubeconfig writes one"),
    )
}

/// A kubeconfig file, as far as it is understood.
#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct File {
    current_context: Option<String>,
    // kubectl writes `null` for none.
    clusters: Option<Vec<Named<Cluster>>>,
    contexts: Option<Vec<Named<Context>>>,
    users: Option<Vec<Named<User>>>,
}

#[derive(Deserialize)]
struct Named<T> {
    name: String,
    #[serde(alias = "cluster", alias = "context", alias = "user")]
    entry: T,
}

#[derive(Clone, Deserialize)]
struct Context {
    cluster: String,
    #[serde(default)]
    user: String,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Cluster {
    server: String,
    certificate_authority: Option<PathBuf>,
    certificate_authority_data: Option<String>,
    #[serde(default)]
    insecure_skip_tls_verify: bool,
    tls_server_name: Option<String>,
    proxy_url: Option<String>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct User {
    token: Option<String>,
    #[serde(rename = "tokenFile")]
    token_file: Option<PathBuf>,
    exec: Option<Plugin>,
    client_certificate: Option<serde_yaml_ng::Value>,
    client_certificate_data: Option<serde_yaml_ng::Value>,
    username: Option<serde_yaml_ng::Value>,
    auth_provider: Option<serde_yaml_ng::Value>,
    #[serde(rename = "as")]
    impersonate: Option<serde_yaml_ng::Value>,
}

/// A program that prints a token.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Plugin {
    api_version: String,
    command: String,
    #[serde(default)]
    args: Option<Vec<String>>,
    #[serde(default)]
    env: Option<Vec<Variable>>,
    install_hint: Option<String>,
    #[serde(default)]
    provide_cluster_info: bool,
}

#[derive(Clone, Deserialize)]
struct Variable {
    name: String,
    value: String,
}

/// What is found under a name, with the directory that its paths are relative to.
struct Found<T> {
    entry: T,
    directory: PathBuf,
}

/// A way to a cluster's API.
pub struct Kubernetes {
    /// The name of the context.
    pub context: String,
    pub server: String,
    cluster: Found<Cluster>,
    user: Found<User>,
}

/// A cluster's API with credentials for it. The token is never shown.
pub struct Client {
    server: String,
    token: Option<String>,
    connector: Connector,
}

/// The files to read: the one given, those of `KUBECONFIG`, or that of the home directory.
fn files(given: Option<&Path>) -> Result<Vec<PathBuf>, Problem> {
    if let Some(given) = given {
        return Ok(vec![given.to_path_buf()]);
    }
    let named: Option<OsString> = std::env::var_os("KUBECONFIG").filter(|names| !names.is_empty());
    if let Some(names) = named {
        // As with kubectl, one that is missing from the list is passed over.
        let all: Vec<PathBuf> =
            std::env::split_paths(&names).filter(|path| !path.as_os_str().is_empty()).collect();
        let there: Vec<PathBuf> = all.iter().filter(|path| path.exists()).cloned().collect();
        return Ok(if there.is_empty() { all } else { there });
    }
    let home =
        etcetera::home_dir().map_err(|error| problem(format!("There is no home directory: {error}")))?;
    Ok(vec![home.join(".kube/config")])
}

impl Kubernetes {
    /// Reads the kubeconfig and finds the context in it, the current one unless another is named. No program is
    /// run and nothing is sent yet.
    pub fn read(given: Option<&Path>, context: Option<&str>) -> Result<Self, Problem> {
        let paths = files(given)?;
        let mut read = Vec::new();
        for path in &paths {
            let shown = path.display();
            let text = std::fs::read_to_string(path).map_err(|error| {
                Box::new(
                    problem(format!("The kubeconfig {shown} cannot be read: {error}"))
                        .help("name another one: --kubeconfig FILE; aws eks update-kubeconfig writes one"),
                )
            })?;
            // The parser's message may quote the text, and the text holds secrets: only the place is said.
            let file: File = serde_yaml_ng::from_str(&text).map_err(|error| {
                let place = error.location().map(|at| format!(" (line {})", at.line())).unwrap_or_default();
                problem(format!("The kubeconfig {shown} is not one that can be understood{place}"))
            })?;
            let directory = path.parent().map(Path::to_path_buf).unwrap_or_default();
            read.push((file, directory));
        }
        let current =
            || read.iter().find_map(|(file, _)| file.current_context.clone().filter(|it| !it.is_empty()));
        let Some(name) = context.map(str::to_string).or_else(current) else {
            return Err(Box::new(
                problem("The kubeconfig has no current context").help("name one: --context NAME"),
            ));
        };
        let context = find(&read, &name, |file| &file.contexts).ok_or_else(|| {
            let names = read
                .iter()
                .flat_map(|(file, _)| file.contexts.iter().flatten())
                .map(|context| context.name.as_str());
            Box::new(
                problem(format!("The kubeconfig has no context \"{name}\""))
                    .help(crate::diagnostic::did_you_mean(&name, names)),
            )
        })?;
        let missing = |what: &str, which: &str| {
            problem(format!(
                "The context \"{name}\" names the {what} \"{which}\", which the kubeconfig lacks"
            ))
        };
        let cluster = find(&read, &context.entry.cluster, |file| &file.clusters)
            .ok_or_else(|| missing("cluster", &context.entry.cluster))?;
        let user = match context.entry.user.as_str() {
            "" => Found { entry: User::default(), directory: PathBuf::new() },
            user => find(&read, user, |file| &file.users).ok_or_else(|| missing("user", user))?,
        };
        let this = Self { server: cluster.entry.server.clone(), context: name, cluster, user };
        this.supported()?;
        Ok(this)
    }

    /// Everything else would connect in another way than kubectl does.
    fn supported(&self) -> Result<(), Problem> {
        let (cluster, user) = (&self.cluster.entry, &self.user.entry);
        let unable = [
            (cluster.insecure_skip_tls_verify, "insecure-skip-tls-verify"),
            (cluster.tls_server_name.is_some(), "tls-server-name"),
            (cluster.proxy_url.is_some(), "proxy-url"),
            (user.impersonate.is_some(), "impersonation (as)"),
            (user.auth_provider.is_some(), "an auth-provider"),
            (user.username.is_some(), "a username"),
            (
                user.client_certificate.is_some() || user.client_certificate_data.is_some(),
                "a client certificate",
            ),
            (user.exec.as_ref().is_some_and(|plugin| plugin.provide_cluster_info), "provideClusterInfo"),
        ];
        match unable.into_iter().find(|(is_set, _)| *is_set) {
            Some((_, what)) => Err(unsupported(what)),
            None => Ok(()),
        }
    }

    /// Gets the credentials, which may run the program that the kubeconfig names.
    pub async fn connect(&self) -> Result<Client, Problem> {
        let user = &self.user.entry;
        // In kubectl's order.
        let token = match (&user.token_file, &user.token, &user.exec) {
            (Some(file), _, _) => {
                let path = self.user.directory.join(file);
                let text = std::fs::read_to_string(&path).map_err(|error| {
                    problem(format!("The tokenFile {} cannot be read: {error}", path.display()))
                })?;
                Some(text.trim().to_string())
            }
            (None, Some(token), _) => Some(token.clone()),
            (None, None, Some(plugin)) => Some(run(plugin, &self.user.directory).await?),
            (None, None, None) => None,
        };
        let connector = self.connector()?;
        Ok(Client { server: self.server.trim_end_matches('/').to_string(), token, connector })
    }

    fn connector(&self) -> Result<Connector, Problem> {
        let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT).read_timeout(READ).build();
        let builder = Connector::builder()
            .connector_settings(settings)
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .proxy_config(ProxyConfig::from_env())
            .tls_provider(Provider::Rustls(CryptoMode::Ring));
        let Some(authority) = self.authority()? else { return Ok(builder.build()) };
        const END: &str = "-----END CERTIFICATE-----";
        // Only the cluster's own authority is trusted, as kubectl does.
        let certificates: Vec<&str> =
            authority.split_inclusive(END).filter(|text| text.ends_with(END)).collect();
        if certificates.is_empty() {
            return Err(problem("The certificate authority of the kubeconfig holds no certificate"));
        }
        let store = certificates
            .into_iter()
            .fold(TrustStore::empty(), |store, text| store.with_pem_certificate(text.trim_start()));
        let context = TlsContext::builder().with_trust_store(store).build();
        let context = context.map_err(|error| {
            problem(format!("The certificate authority of the kubeconfig cannot be used: {error}"))
        })?;
        Ok(builder.tls_context(context).build())
    }

    /// The certificates to trust, as PEM.
    fn authority(&self) -> Result<Option<String>, Problem> {
        let cluster = &self.cluster.entry;
        if let Some(data) = &cluster.certificate_authority_data {
            let bytes = base64::engine::general_purpose::STANDARD.decode(data.trim());
            let pem = bytes.ok().and_then(|bytes| String::from_utf8(bytes).ok());
            let bad = || problem("certificate-authority-data of the kubeconfig is no PEM in base64");
            return pem.map(Some).ok_or_else(bad);
        }
        let Some(file) = &cluster.certificate_authority else { return Ok(None) };
        let path = self.cluster.directory.join(file);
        let read = std::fs::read_to_string(&path);
        read.map(Some).map_err(|error| {
            problem(format!("The certificate authority {} cannot be read: {error}", path.display()))
        })
    }
}

/// The first entry of that name.
fn find<T: Clone>(
    files: &[(File, PathBuf)],
    name: &str,
    of: impl Fn(&File) -> &Option<Vec<Named<T>>>,
) -> Option<Found<T>> {
    files.iter().find_map(|(file, directory)| {
        let named = of(file).iter().flatten().find(|named| named.name == name)?;
        Some(Found { entry: named.entry.clone(), directory: directory.clone() })
    })
}

/// What a plugin prints.
#[derive(Deserialize)]
struct Credential {
    status: Option<CredentialStatus>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CredentialStatus {
    token: Option<String>,
    client_certificate_data: Option<String>,
}

/// Runs a plugin as kubectl does, though never with a terminal, and returns its token.
async fn run(plugin: &Plugin, directory: &Path) -> Result<String, Problem> {
    if !API_VERSIONS.contains(&plugin.api_version.as_str()) {
        return Err(unsupported(&format!("an exec plugin of {}", plugin.api_version)));
    }
    let named = Path::new(&plugin.command);
    // A name is looked for in PATH; a relative path begins at the kubeconfig.
    let command = if named.components().count() > 1 { directory.join(named) } else { named.to_path_buf() };
    let info = serde_json::json!({
        "apiVersion": plugin.api_version, "kind": "ExecCredential", "spec": {"interactive": false},
    });
    let mut process = std::process::Command::new(&command);
    process
        .args(plugin.args.iter().flatten())
        .envs(plugin.env.iter().flatten().map(|variable| (&variable.name, &variable.value)))
        .env("KUBERNETES_EXEC_INFO", info.to_string())
        .stdin(Stdio::null())
        .stderr(Stdio::inherit());
    let output = tokio::task::spawn_blocking(move || process.output()).await;
    let shown = command.display();
    let output = output
        .map_err(|error| problem(format!("The plugin {shown} of the kubeconfig was lost: {error}")))?
        .map_err(|error| {
            let problem = problem(format!("The plugin {shown} of the kubeconfig cannot be run: {error}"));
            match &plugin.install_hint {
                Some(hint) => Box::new(problem.help(hint.trim())),
                None => problem,
            }
        })?;
    if !output.status.success() {
        return Err(problem(format!("The plugin {shown} of the kubeconfig ended with {}", output.status)));
    }
    let credential: Credential = serde_json::from_slice(&output.stdout)
        .map_err(|_| problem(format!("The plugin {shown} of the kubeconfig printed no ExecCredential")))?;
    match credential.status {
        Some(CredentialStatus { token: Some(token), .. }) => Ok(token),
        Some(CredentialStatus { client_certificate_data: Some(_), .. }) => {
            Err(unsupported("a client certificate from the exec plugin"))
        }
        _ => Err(problem(format!("The plugin {shown} of the kubeconfig printed no token"))),
    }
}

impl Client {
    /// The pods of a namespace that have not ended; or why they cannot be listed.
    pub async fn pods(&self, namespace: &str) -> Result<Vec<Pod>, String> {
        let encode = |text: &str| utf8_percent_encode(text, ENCODED).to_string();
        let mut found = Vec::new();
        let mut next = String::new();
        loop {
            let mut path = format!("/api/v1/namespaces/{}/pods?limit={PAGE}", encode(namespace));
            if !next.is_empty() {
                path.push_str(&format!("&continue={}", encode(&next)));
            }
            let list = self.get(&path).await?;
            found.extend(pods(&list));
            match list.pointer("/metadata/continue").and_then(serde_json::Value::as_str) {
                Some(more) if !more.is_empty() && *more != *next => next = more.to_string(),
                _ => return Ok(found),
            }
        }
    }

    async fn get(&self, path: &str) -> Result<serde_json::Value, String> {
        let mut request =
            HttpRequest::get(format!("{}{path}", self.server)).map_err(|error| error.to_string())?;
        let headers = request.headers_mut();
        headers.insert("accept", "application/json");
        headers.insert("user-agent", concat!("eksform/", env!("CARGO_PKG_VERSION")));
        if let Some(token) = &self.token {
            headers
                .try_insert("authorization", format!("Bearer {token}"))
                .map_err(|_| "the token has characters that no token has".to_string())?;
        }
        let response = self.connector.call(request).await.map_err(|error| {
            let mut text = format!("{} cannot be reached: {error}", self.server);
            let mut source = error.source();
            while let Some(cause) = source {
                text.push_str(&format!(": {cause}"));
                source = cause.source();
            }
            text
        })?;
        let status = response.status().as_u16();
        let body =
            ByteStream::new(response.into_body()).collect().await.map_err(|error| error.to_string())?;
        let answer: Option<serde_json::Value> = serde_json::from_slice(&body.into_bytes()).ok();
        match (status, answer) {
            (200, Some(list)) => Ok(list),
            (200, None) => Err(format!("{} answers with something that is no JSON", self.server)),
            (status, answer) => {
                let message = answer.as_ref().and_then(|it| it.get("message")?.as_str()).unwrap_or("");
                let hint = match status {
                    401 => "; the credentials of the kubeconfig are not accepted",
                    403 => "; grant list of pods in this namespace",
                    _ => "",
                };
                Err(format!("{} answers with status {status}: {message}{hint}", self.server))
            }
        }
    }
}

/// The pods by namespace.
pub async fn pods_of(
    client: &Client,
    namespaces: impl IntoIterator<Item = Text>,
) -> BTreeMap<Text, Result<Vec<Pod>, String>> {
    let mut found = BTreeMap::new();
    for namespace in namespaces {
        let pods = client.pods(&namespace).await;
        found.insert(namespace, pods);
    }
    found
}
