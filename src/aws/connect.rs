//! Connections: credentials, regions and endpoints as every AWS tool takes them, one client per service,
//! shared by all who need it.

use super::error::CallError;
use super::memory::Memory;
use super::pace::{Limited, Pace};
use super::{Setup, network, stats::Counter};
use crate::live::Caller;
use crate::stack::{AssumeRole, ProviderConfig};
use crate::value::Text;
use aws_config::sts::AssumeRoleProvider;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::future::ProvideCredentials as ProvidedCredentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::OnceCell;

/// How often the SDK tries, and how long it waits at most between two tries.
const ATTEMPTS: u32 = 8;
/// The same for the first question of all: without network that should be known soon.
const FIRST_ATTEMPTS: u32 = 3;
const LONGEST_BACKOFF: Duration = Duration::from_secs(20);
/// How CloudTrail knows the calls.
const APP_NAME: &str = "eksform";

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);

/// What makes credentials and endpoints distinct.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct SessionKey {
    profile: Option<Text>,
    role: Option<RoleKey>,
    endpoint: Option<Text>,
}

/// A role to assume, as it makes credentials distinct.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct RoleKey {
    arn: Text,
    session: Option<Text>,
    external_id: Option<Text>,
    duration: Option<u32>,
}

/// One set of credentials, and the services that have no region.
pub(super) struct Session {
    sdk: SdkConfig,
    sts: Limited<aws_sdk_sts::Client>,
    pub iam: Limited<aws_sdk_iam::Client>,
    caller: OnceCell<Identified>,
}

/// Who the credentials are.
#[derive(Clone)]
struct Identified {
    partition: Text,
    account: Text,
    arn: Text,
}

/// A session in a region.
pub(super) struct Connection {
    pub session: Arc<Session>,
    pub region: Text,
    pub eks: Limited<aws_sdk_eks::Client>,
    pub tagging: Limited<aws_sdk_resourcegroupstagging::Client>,
    /// None at an endpoint that is not AWS's own: facts of one such are none of another's.
    pub memory: Option<Arc<dyn Memory>>,
}

impl Connection {
    /// Who the provider's credentials are: one STS call per session.
    pub async fn caller(&self) -> Result<Caller, CallError> {
        let who = self.session.caller.get_or_try_init(|| self.session.identify()).await?;
        Ok(Caller::new(who.partition.clone(), who.account.clone(), self.region.clone(), who.arn.clone()))
    }
}

impl Session {
    async fn identify(&self) -> Result<Identified, CallError> {
        const OPERATION: &str = "GetCallerIdentity";
        let who = self.sts.run(OPERATION, |sts| sts.get_caller_identity().send()).await?;
        let (Some(account), Some(arn)) = (who.account, who.arn) else {
            return Err(CallError::new(OPERATION, "the answer names no account"));
        };
        let partition = arn.split(':').nth(1).unwrap_or("aws").into();
        Ok(Identified { partition, account: account.into(), arn: arn.into() })
    }
}

/// What is made once per key, by whoever needs it first.
type Cells<K, V> = Mutex<HashMap<K, Arc<OnceCell<V>>>>;

/// All connections, made when first needed.
pub(super) struct Connections {
    setup: Setup,
    http: SharedHttpClient,
    pub pace: Pace,
    sessions: Cells<SessionKey, Arc<Session>>,
    connections: Cells<(SessionKey, Text), Arc<Connection>>,
    /// The region the environment names, by profile.
    regions: Cells<Option<Text>, Option<Text>>,
    pub counter: Counter,
}

fn cell<K: Hash + Eq, V>(cells: &Cells<K, V>, key: K) -> Arc<OnceCell<V>> {
    cells.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default().clone()
}

impl Connections {
    pub fn new(setup: Setup) -> Self {
        let http = setup.http_client.clone().unwrap_or_else(network::https);
        let sleep = setup.sleep.clone().unwrap_or_else(|| SharedAsyncSleep::new(TokioSleep::new()));
        let counter = Counter::default();
        Self {
            pace: Pace::new(sleep, setup.parallelism, counter.clone()),
            setup,
            http,
            sessions: Mutex::default(),
            connections: Mutex::default(),
            regions: Mutex::default(),
            counter,
        }
    }

    /// The connection of a provider. Fails only if no region is to be found.
    pub async fn get(&self, provider: &ProviderConfig) -> Result<Arc<Connection>, CallError> {
        let key = self.key(provider);
        let Some(region) = self.region(provider).await else {
            return Err(CallError::new("connect", "no region is set")
                .help("set region in the provider block, or AWS_REGION, or region in the AWS profile"));
        };
        let session = cell(&self.sessions, key.clone());
        let session = session.get_or_init(|| self.session(provider, &region)).await.clone();
        let connection = cell(&self.connections, (key, region.clone()));
        let made = connection.get_or_init(async || Arc::new(self.connection(session, region))).await;
        Ok(made.clone())
    }

    fn key(&self, provider: &ProviderConfig) -> SessionKey {
        let fixed = self.setup.isolated || self.setup.credentials.is_some();
        SessionKey {
            profile: provider.profile.clone().filter(|_| !fixed),
            role: provider.assume_role.as_ref().map(|role| RoleKey {
                arn: role.role_arn.clone(),
                session: role.session_name.clone(),
                external_id: role.external_id.clone(),
                duration: role.duration,
            }),
            endpoint: provider.endpoint_url.clone().filter(|_| !self.setup.isolated),
        }
    }

    /// The provider block's region, else the set-up's, else the environment's.
    async fn region(&self, provider: &ProviderConfig) -> Option<Text> {
        if let Some(region) = provider.region.as_ref().or(self.setup.region.as_ref()) {
            return Some(region.clone());
        }
        if self.setup.isolated {
            return None;
        }
        let profile = self.key(provider).profile;
        let found = cell(&self.regions, profile.clone());
        let region = found.get_or_init(async || {
            let mut loader = aws_config::defaults(BehaviorVersion::latest())
                .http_client(self.http.clone())
                .no_credentials();
            if let Some(profile) = &profile {
                loader = loader.profile_name(profile.as_str());
            }
            loader.load().await.region().map(|region| region.as_ref().into())
        });
        region.await.clone()
    }

    async fn session(&self, provider: &ProviderConfig, region: &str) -> Arc<Session> {
        let key = self.key(provider);
        let mut sdk =
            if self.setup.isolated { self.isolated(region) } else { self.environment(&key, region).await };
        if let Some(role) = &provider.assume_role {
            let credentials = assumed(role, &sdk).await;
            sdk = sdk.into_builder().credentials_provider(credentials).build();
        }
        let sts = aws_sdk_sts::config::Builder::from(&sdk)
            .retry_config(retries().with_max_attempts(FIRST_ATTEMPTS))
            .interceptor(self.counter.of("sts"))
            .build();
        let iam = aws_sdk_iam::config::Builder::from(&sdk).interceptor(self.counter.of("iam")).build();
        Arc::new(Session {
            sts: self.pace.limit(aws_sdk_sts::Client::from_conf(sts)),
            iam: self.pace.limit(aws_sdk_iam::Client::from_conf(iam)),
            sdk,
            caller: OnceCell::new(),
        })
    }

    /// Credentials, profile and endpoints as aws-config finds them.
    async fn environment(&self, key: &SessionKey, region: &str) -> SdkConfig {
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new(region.to_string()))
            .http_client(self.http.clone())
            .sleep_impl(self.pace.sleep.clone())
            .retry_config(retries())
            .timeout_config(timeouts())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        if let Ok(name) = AppName::new(APP_NAME) {
            loader = loader.app_name(name);
        }
        if let Some(time) = &self.setup.time {
            loader = loader.time_source(time.clone());
        }
        if let Some(credentials) = &self.setup.credentials {
            loader = loader.credentials_provider(credentials.clone());
        } else if let Some(profile) = &key.profile {
            loader = loader.profile_name(profile.as_str());
        }
        if let Some(url) = &key.endpoint {
            loader = loader.endpoint_url(url.as_str());
        }
        loader.load().await
    }

    /// Nothing but what the set-up holds.
    fn isolated(&self, region: &str) -> SdkConfig {
        let mut builder = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region.to_string()))
            .http_client(self.http.clone())
            .sleep_impl(self.pace.sleep.clone())
            .time_source(self.setup.time.clone().unwrap_or_default())
            .retry_config(retries())
            .timeout_config(timeouts())
            .identity_cache(aws_sdk_sts::config::IdentityCache::lazy().build())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        let given = self.setup.credentials.clone();
        builder.set_credentials_provider(given.or_else(|| Some(SharedCredentialsProvider::new(Nobody))));
        builder.build()
    }

    fn connection(&self, session: Arc<Session>, region: Text) -> Connection {
        let at = || Region::new(region.to_string());
        let eks = aws_sdk_eks::config::Builder::from(&session.sdk)
            .region(at())
            .interceptor(self.counter.of("eks"))
            .build();
        let tagging = aws_sdk_resourcegroupstagging::config::Builder::from(&session.sdk)
            .region(at())
            .interceptor(self.counter.of("tag"))
            .build();
        Connection {
            eks: self.pace.limit(aws_sdk_eks::Client::from_conf(eks)),
            tagging: self.pace.limit(aws_sdk_resourcegroupstagging::Client::from_conf(tagging)),
            memory: self.setup.memory.clone().filter(|_| session.sdk.endpoint_url().is_none()),
            session,
            region,
        }
    }
}

/// No credentials at all.
#[derive(Debug)]
struct Nobody;

impl ProvideCredentials for Nobody {
    fn provide_credentials<'a>(&'a self) -> ProvidedCredentials<'a>
    where
        Self: 'a,
    {
        ProvidedCredentials::ready(Err(CredentialsError::not_loaded("no credentials are given")))
    }
}

/// Credentials of the role, got with those of `sdk`.
async fn assumed(role: &AssumeRole, sdk: &SdkConfig) -> SharedCredentialsProvider {
    let mut builder = AssumeRoleProvider::builder(role.role_arn.as_str()).configure(sdk);
    builder = builder.session_name(role.session_name.as_deref().unwrap_or("eksform"));
    if let Some(id) = &role.external_id {
        builder = builder.external_id(id.as_str());
    }
    if let Some(seconds) = role.duration {
        builder = builder.session_length(Duration::from_secs(seconds.into()));
    }
    SharedCredentialsProvider::new(builder.build().await)
}

fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(ATTEMPTS).with_max_backoff(LONGEST_BACKOFF)
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .build()
}
