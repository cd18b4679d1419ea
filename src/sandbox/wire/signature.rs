//! Signature Version 4, checked against the secret behind the access key.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use http::request::Parts;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};

use super::super::store::hex;

const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const BLOCK: usize = 64;

/// Whether a request carries the signature its secret gives.
pub(crate) fn valid(parts: &Parts, body: &[u8], secret: &str) -> bool {
    expected(parts, body, secret).is_some_and(|(given, expected)| {
        // The secrets of a sandbox are no secrets, but a comparison in constant time costs nothing.
        given.len() == expected.len()
            && given.bytes().zip(expected.bytes()).fold(0, |bits, (a, b)| bits | (a ^ b)) == 0
    })
}

/// The signature of a request, and the one it should be.
fn expected(parts: &Parts, body: &[u8], secret: &str) -> Option<(String, String)> {
    let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let query: Vec<(String, String)> =
        form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes())
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
    let in_query =
        |wanted: &str| query.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
    let (credential, signed, given, date) = match header("authorization") {
        Some(text) => {
            let text = text.strip_prefix("AWS4-HMAC-SHA256 ")?;
            let field = |name: &str| {
                let fields = text.split(',').filter_map(|field| field.trim().split_once('='));
                fields.into_iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
            };
            (
                field("Credential")?,
                field("SignedHeaders")?,
                field("Signature")?,
                header("x-amz-date")?.to_owned(),
            )
        }
        None => (
            in_query("X-Amz-Credential")?,
            in_query("X-Amz-SignedHeaders")?,
            in_query("X-Amz-Signature")?,
            in_query("X-Amz-Date")?,
        ),
    };
    let (_, scope) = credential.split_once('/')?;

    let encode = |text: &str| utf8_percent_encode(text, UNRESERVED).to_string();
    let mut pairs: Vec<(String, String)> = query
        .iter()
        .filter(|(name, _)| name != "X-Amz-Signature")
        .map(|(name, value)| (encode(name), encode(value)))
        .collect();
    pairs.sort();
    let pairs: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    let path: Vec<String> = parts.uri.path().split('/').map(encode).collect();
    let mut canonical = format!("{}\n{}\n{}\n", parts.method, path.join("/"), pairs.join("&"));
    for name in signed.split(';') {
        let values: Vec<&str> =
            parts.headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
        let value: Vec<&str> = values.iter().flat_map(|value| value.split_ascii_whitespace()).collect();
        // In process there may be no Host header: then it is the URI's.
        let host = || parts.uri.authority().map_or("", |authority| authority.as_str());
        let value = if value.is_empty() && name == "host" { host().to_owned() } else { value.join(" ") };
        canonical.push_str(&format!("{name}:{value}\n"));
    }
    let payload = header("x-amz-content-sha256").map_or_else(|| hex(&Sha256::digest(body)), str::to_owned);
    if payload != "UNSIGNED-PAYLOAD" && payload != hex(&Sha256::digest(body)) {
        return None;
    }
    canonical.push_str(&format!("\n{signed}\n{payload}"));
    let hashed = hex(&Sha256::digest(canonical.as_bytes()));
    let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{hashed}");
    let key =
        scope.split('/').fold(format!("AWS4{secret}").into_bytes(), |key, part| hmac(&key, part.as_bytes()));
    Some((given, hex(&hmac(&key, to_sign.as_bytes()))))
}

/// HMAC-SHA256, RFC 2104.
fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut block = [0; BLOCK];
    let hashed;
    let key = if key.len() > BLOCK {
        hashed = Sha256::digest(key);
        &hashed[..]
    } else {
        key
    };
    block[..key.len()].copy_from_slice(key);
    let pad = |with: u8| block.map(|byte| byte ^ with);
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of AWS's own documentation of Signature Version 4.
    #[test]
    fn the_documented_example() {
        let authorization = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, \
             SignedHeaders=content-type;host;x-amz-date, \
             Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7";
        let request = http::Request::get("https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08")
            .header("content-type", "application/x-www-form-urlencoded; charset=utf-8")
            .header("host", "iam.amazonaws.com")
            .header("x-amz-date", "20150830T123600Z")
            .header("authorization", authorization);
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        assert!(valid(&parts, b"", secret));
        assert!(!valid(&parts, b"x", secret));
        assert!(!valid(&parts, b"", "another"));
    }

    #[test]
    fn hmac_of_rfc_4231() {
        let tag = hmac(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(hex(&tag), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        let tag = hmac(&[0xaa; 131], b"Test Using Larger Than Block-Size Key - Hash Key First");
        assert_eq!(hex(&tag), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    }
}
