//! Every operation of the models: its success, each error it declares, paging, idempotency. The cases are in the `.txt`
//! files beside this one. An operation or a declared error without a case or a reason fails.

mod model;
mod table;

use std::collections::BTreeSet;

use eksform::sandbox::{Fault, FaultRule, Faults};
use serde_json::{Value, json};

use self::model::{Operation, operations};
use self::table::{Step, Table, merged, steps};
use super::client::{Client, PODS, Reply, real_time, token, trust, wait};

/// What is deliberately not there; see `docs/sandbox.md`.
const LEFT_OUT: [&str; 16] = [
    "AssociateIdentityProviderConfig",
    "CreateCapability",
    "CreateEksAnywhereSubscription",
    "DeleteCapability",
    "DeleteEksAnywhereSubscription",
    "DeregisterCluster",
    "DescribeCapability",
    "DescribeEksAnywhereSubscription",
    "DescribeIdentityProviderConfig",
    "DisassociateIdentityProviderConfig",
    "ListCapabilities",
    "ListEksAnywhereSubscriptions",
    "ListIdentityProviderConfigs",
    "RegisterCluster",
    "UpdateCapability",
    "UpdateEksAnywhereSubscription",
];

/// Codes that only a fault brings about, and its kind.
const BY_FAULT: [(&str, Fault); 7] = [
    ("ServerException", Fault::InternalError),
    ("ServiceFailure", Fault::InternalError),
    ("InternalServiceException", Fault::InternalError),
    ("InternalServerException", Fault::InternalError),
    ("ServiceUnavailableException", Fault::Unavailable),
    ("ThrottlingException", Fault::Throttle),
    ("ThrottledException", Fault::Throttle),
];

struct Matrix {
    client: Client,
    operations: Vec<Operation>,
    world: Value,
    wrong: Vec<String>,
}

fn text(name: &str) -> String {
    std::fs::read_to_string(format!("{}/tests/sandbox/matrix/{name}.txt", env!("CARGO_MANIFEST_DIR")))
        .unwrap()
}

fn values(client: &Client) -> Vec<(&'static str, String)> {
    let document = |statement: Value| json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
    // Longer names first: `$pods-trust` begins like `$pods`.
    vec![
        ("pods-trust", PODS.to_owned()),
        ("eks-trust", trust("eks.amazonaws.com")),
        ("ec2-trust", trust("ec2.amazonaws.com")),
        ("fargate-trust", trust("eks-fargate-pods.amazonaws.com")),
        (
            "account-trust",
            document(
                json!({"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}),
            ),
        ),
        ("document", document(json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}))),
        (
            "huge",
            document(
                json!({"Effect": "Allow", "Action": "s3:*", "Resource": format!("arn:aws:s3:::{}", "x".repeat(11000))}),
            ),
        ),
        (
            "long-trust",
            document(
                json!({"Effect": "Allow", "Principal": {"Service": "eks.amazonaws.com"}, "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"aws:SourceAccount": "1".repeat(5000)}}}),
            ),
        ),
        ("managed", "arn:aws:iam::aws:policy/".to_owned()),
        ("policy", "arn:aws:iam::123456789012:policy/".to_owned()),
        ("role", client.role_arn("")),
        ("eks", "arn:aws:eks:us-east-2:123456789012:".to_owned()),
        ("key", "arn:aws:kms:us-east-2:123456789012:key/00000000-0000-4000-8000-000000000000".to_owned()),
        ("access", "arn:aws:eks::aws:cluster-access-policy/".to_owned()),
        ("pod-token", pod_token("shop", 4_102_444_800)),
        ("old-token", pod_token("shop", 1)),
        ("lost-token", pod_token("nowhere", 4_102_444_800)),
    ]
}

fn pod_token(namespace: &str, expires: u64) -> String {
    use base64::Engine;
    let part = |value: Value| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string());
    let claims = json!({"sub": format!("system:serviceaccount:{namespace}:orders"), "aud": ["pods.eks.amazonaws.com"],
        "exp": expires, "kubernetes.io": {"pod": {"name": "orders-1", "uid": "u"}}});
    format!("{}.{}.c2ln", part(json!({"alg": "RS256"})), part(claims))
}

impl Matrix {
    async fn call(&self, operation: &Operation, input: &Value) -> Reply {
        self.client.send(operation.request(&self.client, input)).await
    }

    fn named(&self, name: &str) -> &Operation {
        self.operations.iter().find(|operation| operation.name == name).unwrap_or_else(|| panic!("no {name}"))
    }

    async fn take(&self, steps: &[Step]) {
        for step in steps {
            match step {
                Step::Wait(seconds) => wait(*seconds).await,
                Step::Associations(count) => {
                    for at in 0..*count {
                        let body = json!({"namespace": "many", "serviceAccount": format!("n{at}"), "roleArn": self.client.role_arn("pods")});
                        self.client.post("/clusters/demo/pod-identity-associations", body).await.ok();
                    }
                }
                Step::Call(name, input) => {
                    let reply = self.call(self.named(name), input).await;
                    assert_eq!(reply.status, 200, "{name} {input}: {}", reply.body);
                }
            }
        }
    }

    /// The world as it was.
    async fn anew(&self, before: &[Step]) {
        self.client.sandbox.set_faults(Faults::default());
        self.client.sandbox.import(&self.world).unwrap();
        self.take(before).await;
        // Lets happen whatever the steps waited for.
        self.client.get("/clusters").await.ok();
    }

    fn say(&mut self, operation: usize, text: impl std::fmt::Display) {
        let name = &self.operations[operation].name;
        self.wrong.push(format!("{name}: {text}"));
    }

    /// That a reply is a success or this error, with the status the model says.
    fn expect(&mut self, at: usize, what: &str, expected: &str, reply: &Reply) {
        let found = if reply.status == 200 { "ok" } else { reply.error.as_deref().unwrap_or("?") };
        // The model of tagging leaves the status of its internal error open.
        let open = expected == "InternalServiceException";
        let declared = self.operations[at].errors.iter().find(|(code, _)| code == expected && !open);
        if found != expected {
            self.say(at, format!("{what}: {found} instead of {expected}: {}", reply.body));
        } else if let Some((_, status)) = declared
            && *status != reply.status
        {
            self.say(at, format!("{what}: {} instead of {status}", reply.status));
        }
    }

    async fn errors(&mut self, at: usize, entry: &table::Entry) {
        for (code, before, input) in &entry.errors {
            self.anew(before).await;
            let state = self.client.sandbox.export();
            let reply = self.call(&self.operations[at], input).await;
            self.expect(at, &format!("{code} {input}"), code, &reply);
            if self.client.sandbox.export() != state {
                self.say(at, format!("{code} {input}: an error changes something"));
            }
        }
        let (before, input) = entry.ok.as_ref().unwrap();
        for (code, fault) in BY_FAULT {
            if !self.operations[at].errors.iter().any(|(declared, _)| declared == code) {
                continue;
            }
            self.anew(before).await;
            let rule = FaultRule { operation: "*".into(), nth: None, rate: None, times: None, fault };
            let state = self.client.sandbox.export();
            self.client.sandbox.set_faults(Faults { seed: 0, rules: vec![rule] });
            let reply = self.call(&self.operations[at], input).await;
            self.expect(at, "by fault", code, &reply);
            if self.client.sandbox.export() != state {
                self.say(at, format!("{code} by fault changes something"));
            }
        }
    }

    async fn idempotency(&mut self, at: usize, entry: &table::Entry) {
        let (before, input) = entry.ok.as_ref().unwrap();
        let reads = ["Describe", "Get", "List"].iter().any(|verb| self.operations[at].name.starts_with(verb));
        match (&entry.twice, reads) {
            (None, false) => self.say(at, "there is no `twice`"),
            (twice, _) => {
                self.anew(before).await;
                self.call(&self.operations[at], input).await;
                let reply = self.call(&self.operations[at], input).await;
                self.expect(at, "twice", twice.as_deref().unwrap_or("ok"), &reply);
            }
        }
        if self.operations[at].member(&["clientRequestToken"]).is_none() {
            return;
        }
        let Some(other) = &entry.other else { return self.say(at, "there is no `other`") };
        self.anew(before).await;
        let input = merged(input, &json!({"clientRequestToken": token("once")}));
        let first = self.call(&self.operations[at], &input).await;
        let again = self.call(&self.operations[at], &input).await;
        self.expect(at, "with a token", "ok", &first);
        self.expect(at, "with the token again", "ok", &again);
        if first.body != again.body {
            self.say(at, format!("with the token again: {} then {}", first.body, again.body));
        }
        let reply = self.call(&self.operations[at], &merged(&input, other)).await;
        let code = reply.error.clone().unwrap_or_default();
        if !["InvalidParameterException", "InvalidRequestException"].contains(&code.as_str()) {
            self.say(at, format!("the token with other parameters: {}", reply.body));
        }
    }

    async fn paging(&mut self, at: usize, entry: &table::Entry) {
        let operation = &self.operations[at];
        let Some(token) = operation.member(&["nextToken", "Marker", "PaginationToken"]) else { return };
        let limit = operation.member(&["maxResults", "MaxItems", "ResourcesPerPage"]).unwrap();
        let (before, input) = entry.ok.as_ref().unwrap();
        let Some((item, more)) = &entry.pages else { return self.say(at, "there is no `pages`") };
        self.anew(before).await;
        let input = merged(input, more);
        let items = |reply: &Reply| -> (Vec<String>, Option<String>) {
            match serde_json::from_str::<Value>(&reply.body) {
                Ok(body) => {
                    let list = body[item].as_array().unwrap_or_else(|| panic!("{item}: {body}")).clone();
                    let next = body[token].as_str().filter(|token| !token.is_empty());
                    (list.iter().map(Value::to_string).collect(), next.map(str::to_owned))
                }
                Err(_) => (reply.elements(item), reply.element(token)),
            }
        };
        let (all, _) = items(&self.call(operation, &input).await);
        let (mut found, mut pages, mut next) = (Vec::new(), 0, None);
        loop {
            let page = json!({limit: 1, token: next});
            let reply = self.call(operation, &merged(&input, &page)).await;
            if reply.status != 200 {
                return self.say(at, format!("a page: {}", reply.body));
            }
            let (some, then) = items(&reply);
            found.extend(some);
            pages += 1;
            next = then;
            if next.is_none() || pages > 500 {
                break;
            }
        }
        let bad = self.call(operation, &merged(&input, &json!({token: "x"}))).await.status;
        if found != all || pages < 2 {
            self.say(at, format!("{pages} pages of {found:?} instead of {all:?}"));
        }
        if bad != 400 {
            self.say(at, format!("a bad token is answered with {bad}"));
        }
    }

    /// That each declared error has a case or a reason, and that no reason is refuted by a case or by the model.
    fn complete(&mut self, table: &Table) {
        let mut used = BTreeSet::new();
        for at in 0..self.operations.len() {
            let (name, errors) = (self.operations[at].name.clone(), self.operations[at].errors.clone());
            let Some(entry) = table.entries.get(&name) else { continue };
            for (code, _) in errors {
                let case = entry.errors.iter().any(|(of, ..)| *of == code);
                if case || BY_FAULT.iter().any(|(of, _)| *of == code) {
                    continue;
                }
                let reason = table.never.iter().position(|never| {
                    never.code == code && never.operations.as_ref().is_none_or(|list| list.contains(&name))
                });
                match reason {
                    Some(reason) => drop(used.insert((reason, name.clone()))),
                    None => self.say(at, format!("{code} has neither a case nor a reason")),
                }
            }
        }
        for (index, never) in table.never.iter().enumerate() {
            let names = used.iter().filter(|(of, _)| *of == index).map(|(_, name)| name.clone());
            let names: BTreeSet<String> = names.collect();
            let unused = match &never.operations {
                None => names.is_empty(),
                Some(list) => list.iter().any(|name| !names.contains(name)),
            };
            if unused {
                self.wrong.push(format!("never {}: the reason explains nothing, but {names:?}", never.code));
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_operation_has_its_cases() {
    let client = Client::new(real_time());
    let mut matrix = Matrix { client, operations: operations(), world: Value::Null, wrong: Vec::new() };
    let mut values = values(&matrix.client);
    let seed = json!({"accounts": {"123456789012": {"roles": [
        {"RoleName": "AWSServiceRoleForAmazonEKS", "Path": "/aws-service-role/eks.amazonaws.com/",
         "AssumeRolePolicyDocument": trust("eks.amazonaws.com")}]}}});
    matrix.client.sandbox.seed(&seed).unwrap();
    matrix.take(&steps(&text("world"), &values)).await;
    let list = matrix.client.get("/clusters/demo/pod-identity-associations?namespace=shop").await.ok();
    values.push(("association", list["associations"][0]["associationId"].as_str().unwrap().to_owned()));
    let list = matrix.client.get("/clusters/demo/updates").await.ok();
    values.push(("update", list["updateIds"][0].as_str().unwrap().to_owned()));
    let list = matrix.client.post("/clusters/demo/insights", json!({})).await.ok();
    values.push(("insight", list["insights"][0]["id"].as_str().unwrap().to_owned()));
    matrix.world = matrix.client.sandbox.export();
    let mut table = Table::default();
    for name in ["eks", "iam", "others", "never"] {
        table.read(&text(name), &values);
    }
    for at in 0..matrix.operations.len() {
        let name = matrix.operations[at].name.clone();
        if LEFT_OUT.contains(&name.as_str()) {
            let least = matrix.operations[at].least();
            let reply = matrix.call(&matrix.operations[at], &least).await;
            if reply.status != 501 {
                matrix.say(at, format!("left out, and answers {}: {}", reply.status, reply.body));
            }
            continue;
        }
        let Some(entry) = table.entries.get(&name) else {
            matrix.say(at, "has no case");
            continue;
        };
        let Some((before, input)) = &entry.ok else {
            matrix.say(at, "has no success");
            continue;
        };
        matrix.anew(before).await;
        let reply = matrix.call(&matrix.operations[at], input).await;
        matrix.expect(at, "the success", "ok", &reply);
        matrix.errors(at, entry).await;
        matrix.idempotency(at, entry).await;
        matrix.paging(at, entry).await;
    }
    for name in table.entries.keys() {
        assert!(
            matrix.operations.iter().any(|operation| operation.name == *name),
            "there is no operation {name}"
        );
    }
    matrix.complete(&table);
    assert!(matrix.wrong.is_empty(), "\n{}", matrix.wrong.join("\n"));
}
