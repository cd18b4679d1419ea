//! The only room that talks to AWS: answers what planning wants to know, and makes the calls a plan
//! names.
//!
//! **Architecture invariants.** No other room imports the SDK. This one chooses nothing: which call is
//! made, with which attributes, is the plan's decision. It knows a transport, never what is behind it.
//! A read that failed is never an absence.

mod call;
mod connect;
mod error;
mod map;
mod memory;
mod network;
mod observe;
mod pace;
mod stats;
#[cfg(test)]
mod testing;
mod transport;
mod wait;

pub use call::Request;
pub use error::CallError;
pub use memory::Memory;
pub use stats::{Operation, Stats};
pub use transport::{fallible_transport, transport};
pub use wait::{Settled, Wait};

/// The SDK's transport type, for those who make one with [`transport`].
pub use aws_smithy_runtime_api::client::http::SharedHttpClient;

use crate::diagnostic::Diagnostic;
use crate::live::{Fact, Insight, Object, Offer, Snapshot, StackName};
use crate::stack::ProviderConfig;
use crate::value::{Identity, Place, ProviderRef, Text, Want};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::SharedAsyncSleep;
use aws_smithy_async::time::SharedTimeSource;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// How to reach AWS. By default as every AWS tool does: credentials from the environment, a profile, SSO,
/// a credential process or the machine's metadata; `AWS_REGION`; `AWS_ENDPOINT_URL` and its forms per
/// service.
#[derive(Clone, Default)]
pub struct Setup {
    /// The transport; [`transport`] makes one of any function. By default HTTPS over the network.
    pub http_client: Option<SharedHttpClient>,
    /// How to wait, and what time it is. By default the machine's clock.
    pub sleep: Option<SharedAsyncSleep>,
    pub time: Option<SharedTimeSource>,
    /// Instead of the environment's credentials; profiles then count for nothing.
    pub credentials: Option<SharedCredentialsProvider>,
    /// The region of providers that name none, instead of the environment's.
    pub region: Option<Text>,
    /// Nothing comes from the environment: no credentials, profile, endpoint or region. Profiles and
    /// endpoints of provider blocks are ignored as well.
    pub isolated: bool,
    /// Calls in flight per service and place; 0 means 16.
    pub parallelism: usize,
    /// Facts that earlier runs read and that never change.
    pub memory: Option<Arc<dyn Memory>>,
}

/// An access key as credentials for [`Setup::credentials`].
pub fn access_key(id: &str, secret: &str) -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(Credentials::new(id, secret, None, None, "access key"))
}

/// A set of provider blocks by the name instances refer to them with.
pub type Providers = BTreeMap<ProviderRef, ProviderConfig>;

/// AWS, with connections made when first needed and shared by everyone.
pub struct Aws {
    connections: connect::Connections,
}

impl Aws {
    pub fn new(setup: Setup) -> Self {
        Self { connections: connect::Connections::new(setup) }
    }

    /// Answers the wants in bulk and concurrently, each once, as known, absent or denied; what the
    /// snapshot already holds stays. Errors are for what makes planning impossible: no credentials, no
    /// region, the wrong account, no network. `Want::File` is somebody else's.
    pub async fn answer(
        &self,
        providers: &Providers,
        stack: &StackName,
        wants: &BTreeSet<Want>,
        snapshot: &mut Snapshot,
    ) -> Result<(), Vec<Diagnostic>> {
        Box::pin(observe::answer(&self.connections, providers, stack, wants, snapshot)).await
    }

    /// One live object, read afresh.
    pub async fn read(
        &self,
        providers: &Providers,
        provider: &ProviderRef,
        identity: &Identity<Place>,
    ) -> Fact<Object> {
        match self.look(providers, provider, identity).await {
            Ok(Some(object)) => Fact::Known(object),
            Ok(None) => Fact::Absent,
            Err(error) => Fact::Denied(error.to_string().into()),
        }
    }

    async fn look(
        &self,
        providers: &Providers,
        provider: &ProviderRef,
        identity: &Identity<Place>,
    ) -> Result<Option<Object>, CallError> {
        let connection = self.connection(providers, provider).await?;
        Box::pin(observe::object(&connection, identity)).await
    }

    /// The principals of a cluster's access entries, absent where there is no such cluster or it has none
    /// because of its authentication mode.
    pub async fn access_entries(
        &self,
        providers: &Providers,
        provider: &ProviderRef,
        cluster: &str,
    ) -> Fact<Vec<Text>> {
        let read = async {
            let connection = self.connection(providers, provider).await?;
            Box::pin(observe::access_entries(&connection, cluster)).await
        };
        match read.await {
            Ok(Some(entries)) => Fact::Known(entries),
            Ok(None) => Fact::Absent,
            Err(error) => Fact::Denied(error.to_string().into()),
        }
    }

    /// Makes the call the plan names: one SDK call for (operation, before, after). What AWS answers while
    /// a role or policy is not visible everywhere yet is repeated for up to two minutes, throttling too.
    /// The result says what to wait for before the effect is there.
    pub async fn call(&self, request: Request<'_>) -> Result<Wait, CallError> {
        let connection = self.connection(request.providers, request.provider).await?;
        // Boxed, like its neighbours: the SDK's futures are deep enough to reach the compiler's limits.
        Box::pin(call::make(&connection, &self.connections.pace, &request)).await
    }

    /// Waits until the call's effect is there and returns the object as it then is, `None` once deleted.
    /// `progress` is told AWS's word for the state at every look.
    pub async fn settle(
        &self,
        request: Request<'_>,
        wait: Wait,
        deadline: Duration,
        progress: &(dyn Fn(&str) + Sync),
    ) -> Result<Settled, CallError> {
        let connection = self.connection(request.providers, request.provider).await?;
        Box::pin(wait::settle(&connection, &self.connections.pace, &request, wait, deadline, progress)).await
    }

    /// What is not passing of a cluster's upgrade insights.
    pub async fn upgrade_insights(
        &self,
        providers: &Providers,
        provider: &ProviderRef,
        place: &Place,
        cluster: &str,
    ) -> Result<Vec<Insight>, CallError> {
        let connection = self.connection(providers, provider).await?;
        Box::pin(observe::upgrade_insights(&connection, place, cluster)).await
    }

    /// Every add-on EKS offers for a Kubernetes version, by name.
    pub async fn addon_offers(
        &self,
        providers: &Providers,
        provider: &ProviderRef,
        place: &Place,
        kubernetes: &str,
    ) -> Result<Vec<Offer>, CallError> {
        let connection = self.connection(providers, provider).await?;
        Box::pin(observe::addon_offers(&connection, place, kubernetes)).await
    }

    /// Every role of the account but those of AWS services, by name.
    pub async fn account_roles(
        &self,
        providers: &Providers,
        provider: &ProviderRef,
    ) -> Result<Vec<(Text, Object)>, CallError> {
        let connection = self.connection(providers, provider).await?;
        Box::pin(observe::account_roles(&connection)).await
    }

    /// Requests sent so far.
    pub fn stats(&self) -> Stats {
        self.connections.counter.stats()
    }

    async fn connection(
        &self,
        providers: &Providers,
        provider: &ProviderRef,
    ) -> Result<Arc<connect::Connection>, CallError> {
        match providers.get(provider) {
            Some(config) => Box::pin(self.connections.get(config)).await,
            None => Box::pin(self.connections.get(&ProviderConfig::default())).await,
        }
    }
}
