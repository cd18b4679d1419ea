//! Who asks whom: the SigV4 credential scope, and the host where there is none.

use http::request::Parts;

use super::super::error::AwsError;
use super::super::model::Service;

/// The credential scope of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scope {
    pub(crate) access_key: String,
    pub(crate) region: String,
    pub(crate) service: Service,
}

/// Reads the scope. The error comes with the service to word it for, if the host tells.
pub(crate) fn identify(parts: &Parts) -> Result<Scope, (Option<Service>, AwsError)> {
    let host = by_host(parts);
    let Some(credential) = credential(parts) else {
        let text = "Request is missing Authentication Token";
        return Err((host, AwsError::new("MissingAuthenticationToken", text).status(403)));
    };
    let incomplete = |text: String| (host, AwsError::new("IncompleteSignature", text).status(400));
    let fields: Vec<&str> = credential.split('/').collect();
    let (access_key, region, name) = match fields[..] {
        [access_key, _, region, service, "aws4_request"] => (access_key, region.to_owned(), service),
        // SigV4a names its regions in a header.
        [access_key, _, service, "aws4_request"] => {
            let set = parts
                .headers
                .get("x-amz-region-set")
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default();
            (access_key, set.split(',').next().unwrap_or_default().trim().to_owned(), service)
        }
        _ => {
            let text = "Authorization header requires 'Credential' parameter with a scope of five parts.";
            return Err(incomplete(text.to_owned()));
        }
    };
    let plain = |text: &str, extra: &str| {
        (1..=128).contains(&text.len())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || extra.contains(c))
    };
    if !plain(access_key, "") || !plain(&region, "-*") {
        return Err(incomplete(
            "The access key or the region in the credential scope is not valid.".to_owned(),
        ));
    }
    let service = Service::ALL.into_iter().find(|service| service.signing_name() == name).or(host);
    let Some(service) = service else {
        let text = format!(
            "The sandbox answers for eks, iam, sts, tagging and eks-auth, not for {}.",
            name.escape_debug()
        );
        return Err((None, AwsError::new("UnknownOperationException", text).status(404)));
    };
    Ok(Scope { access_key: access_key.to_owned(), region: region.replace('*', "us-east-1"), service })
}

/// The credential of a signed header or of a presigned URL.
fn credential(parts: &Parts) -> Option<String> {
    let header = parts.headers.get(http::header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if let Some(header) = header {
        let (_, rest) = header.split_once("Credential=").unwrap_or(("", ""));
        return Some(rest.split([',', ' ']).next().unwrap_or_default().to_owned());
    }
    let query = parts.uri.query().unwrap_or_default();
    form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "X-Amz-Credential")
        .map(|(_, value)| value.into_owned())
}

fn by_host(parts: &Parts) -> Option<Service> {
    let host =
        parts.headers.get(http::header::HOST).and_then(|value| value.to_str().ok()).or(parts.uri.host())?;
    let first = host.split(['.', ':']).next()?;
    Some(match first {
        "eks" | "fips" => Service::Eks,
        "iam" => Service::Iam,
        "sts" => Service::Sts,
        "tagging" => Service::Tagging,
        "eks-auth" => Service::EksAuth,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(build: http::request::Builder) -> Result<Scope, String> {
        let (parts, ()) = build.body(()).unwrap().into_parts();
        identify(&parts).map_err(|(service, error)| format!("{service:?} {}", error.code))
    }

    #[test]
    fn reads_the_scope() {
        let sigv4 =
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-2/eks/aws4_request, SignedHeaders=host";
        let found = scope(http::Request::get("/clusters").header("authorization", sigv4)).unwrap();
        assert_eq!((found.access_key.as_str(), found.region.as_str()), ("AKIDEXAMPLE", "us-east-2"));
        let presigned =
            "/?Action=GetCallerIdentity&X-Amz-Credential=AKID%2F20150830%2Feu-west-1%2Fsts%2Faws4_request";
        assert_eq!(scope(http::Request::get(presigned)).unwrap().service, Service::Sts);
        let host = http::Request::get("/").header("host", "iam.amazonaws.com");
        assert_eq!(scope(host), Err("Some(Iam) MissingAuthenticationToken".into()));
        for bad in [
            "",
            "Basic x",
            "AWS4-HMAC-SHA256 Credential=a/b",
            "AWS4-HMAC-SHA256 Credential=a/d/r/../eks/aws4_request",
        ] {
            let error = scope(http::Request::get("/").header("authorization", bad)).unwrap_err();
            assert_eq!(error, "None IncompleteSignature", "{bad}");
        }
    }
}
