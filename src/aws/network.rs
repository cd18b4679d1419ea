//! HTTPS as the machine is set up for it: through the proxy that `HTTPS_PROXY` and `NO_PROXY` name, trusting
//! the machine's certificates and those of `AWS_CA_BUNDLE`.

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::{
    HttpConnectorSettings, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What connections of one kind have in common.
type TimeOuts = (Option<Duration>, Option<Duration>);

/// The default transport. Connections are kept and shared by all services.
pub(super) fn https() -> SharedHttpClient {
    let connectors: Mutex<HashMap<TimeOuts, SharedHttpConnector>> = Mutex::default();
    http_client_fn(move |settings, components| {
        let kind = (settings.connect_timeout(), settings.read_timeout());
        let mut connectors = connectors.lock().unwrap_or_else(PoisonError::into_inner);
        connectors.entry(kind).or_insert_with(|| connector(settings, components)).clone()
    })
}

fn connector(settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
    let mut builder = Connector::builder();
    builder.set_connector_settings(Some(settings.clone()));
    builder.set_sleep_impl(components.sleep_impl());
    let builder = builder.proxy_config(ProxyConfig::from_env());
    let builder = builder.tls_provider(Provider::Rustls(CryptoMode::Ring));
    SharedHttpConnector::new(match trusted() {
        Some(context) => builder.tls_context(context).build(),
        None => builder.build(),
    })
}

/// The machine's certificates and the bundle's. A bundle that cannot be read adds none, and the connection
/// then says which certificate it misses.
fn trusted() -> Option<TlsContext> {
    let path = std::env::var_os("AWS_CA_BUNDLE").filter(|path| !path.is_empty())?;
    let bundle = std::fs::read_to_string(path).ok()?;
    const END: &str = "-----END CERTIFICATE-----";
    let certificates = bundle.split_inclusive(END).filter(|text| text.ends_with(END));
    let store = certificates.fold(TrustStore::default(), |store, text| store.with_pem_certificate(text));
    TlsContext::builder().with_trust_store(store).build().ok()
}
