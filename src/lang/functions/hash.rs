//! Digests and identifiers: `md5`, `sha256`, `uuid`, `uuidv5`, `bcrypt` and their kin.

use super::{Cx, Error, Function, Ty, argument, filesystem, function, param, text, whole};
use crate::value::Value;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

macro_rules! digest {
    ($name:literal, $digest:expr) => {
        function($name, &[param("str", Ty::String)], Ty::String, |_, args| {
            Ok(Value::string($digest(text(args, 0).as_bytes())))
        })
    };
    (file $name:literal, $digest:expr) => {
        function($name, &[param("path", Ty::String)], Ty::String, |cx, args| {
            Ok(match filesystem::bytes(cx, text(args, 0))? {
                Ok(bytes) => Value::string($digest(&bytes)),
                Err(pending) => pending,
            })
        })
    };
}

pub(super) const FUNCTIONS: &[Function] = &[
    digest!("md5", hex::<Md5>),
    digest!("sha1", hex::<Sha1>),
    digest!("sha256", hex::<Sha256>),
    digest!("sha512", hex::<Sha512>),
    digest!("base64sha256", base64::<Sha256>),
    digest!("base64sha512", base64::<Sha512>),
    digest!(file "filemd5", hex::<Md5>),
    digest!(file "filesha1", hex::<Sha1>),
    digest!(file "filesha256", hex::<Sha256>),
    digest!(file "filesha512", hex::<Sha512>),
    digest!(file "filebase64sha256", base64::<Sha256>),
    digest!(file "filebase64sha512", base64::<Sha512>),
    function("bcrypt", &[param("str", Ty::String)], Ty::String, bcrypt).variadic(param("cost", Ty::Number)),
    function(
        "rsadecrypt",
        &[param("ciphertext", Ty::String), param("privatekey", Ty::String)],
        Ty::String,
        |_, _| {
            Err("RSA decryption is not available; decrypt outside and pass the result as a sensitive variable".into())
        },
    ),
    function("uuid", &[], Ty::String, |cx, _| {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&drawn(cx)?[..16]);
        Ok(Value::string(uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()))
    }),
    function("uuidv5", &[param("namespace", Ty::String), param("name", Ty::String)], Ty::String, uuidv5),
];

fn hex<D: Digest>(bytes: &[u8]) -> String {
    D::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn base64<D: Digest>(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(D::digest(bytes))
}

/// Bytes that look random but follow from the plan's seed, the place of the call, the instance it is
/// evaluated for and how many such calls came before it.
fn drawn(cx: &Cx) -> Result<[u8; 32], Error> {
    let Some(inputs) = cx.evaluator.scope.inputs() else {
        return Err("a value that differs from plan to plan cannot be used here".into());
    };
    let calls = cx.evaluator.calls.get();
    cx.evaluator.calls.set(calls + 1);
    let mut digest = Sha256::new();
    digest.update(inputs.seed.to_be_bytes());
    digest.update(inputs.now.to_be_bytes());
    digest.update(cx.span.file.0.to_be_bytes());
    digest.update(cx.span.start.to_be_bytes());
    digest.update(calls.to_be_bytes());
    digest.update(cx.evaluator.scope.instance());
    Ok(digest.finalize().into())
}

fn bcrypt(cx: &Cx, args: &[Value]) -> Result<Value, Error> {
    let cost = match args.len() {
        1 => 10,
        2 => whole(args, 1)?,
        _ => return Err("bcrypt() takes no more than two arguments".into()),
    };
    let Some(cost @ 4..=16) = u32::try_from(cost).ok() else {
        return argument(1, "the cost must be between 4 and 16");
    };
    cx.spend(1 << cost)?;
    let mut salt = [0; 16];
    salt.copy_from_slice(&drawn(cx)?[..16]);
    let hash = ::bcrypt::hash_with_salt(text(args, 0), cost, salt).map_err(|error| error.to_string())?;
    Ok(Value::string(hash.format_for_version(::bcrypt::Version::TwoA)))
}

fn uuidv5(_: &Cx, args: &[Value]) -> Result<Value, Error> {
    let namespace = match text(args, 0) {
        "dns" => uuid::Uuid::NAMESPACE_DNS,
        "url" => uuid::Uuid::NAMESPACE_URL,
        "oid" => uuid::Uuid::NAMESPACE_OID,
        "x500" => uuid::Uuid::NAMESPACE_X500,
        other => match uuid::Uuid::parse_str(other) {
            Ok(namespace) => namespace,
            Err(_) => {
                return argument(0, format!("{other:?} is not a UUID, and not one of dns, url, oid, x500"));
            }
        },
    };
    Ok(Value::string(uuid::Uuid::new_v5(&namespace, text(args, 1).as_bytes()).to_string()))
}
