//! Tests of the hosts' contracts: the program is started and called as each host does it, and its answers are compared
//! byte for byte with the Lambda function's.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that point"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use precall_hook::auth;
use precall_test::dynamodb::{DynamoDb, PATIENT};
use precall_test::faulty::{Faulty, Mode};
use precall_test::process::Hook;
use precall_test::runtime_api::{Outcome, RuntimeApi};
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

const PATIENCE: Duration = Duration::from_secs(20);

/// The method and the query string of requests, valid and not.
const CORPUS: [(&str, &str); 35] = [
    ("POST", "code=example-key&from=%2B12125550100&to=%2B13155550100"),
    ("POST", "code=example-key&from=%2B12125550100&to=%2B13155550101"),
    ("POST", "code=example-key&from=%2B12125550100&to=%2B13155550102"),
    ("POST", "code=example-key&from=%2B12125550199&to=%2B13155550100"),
    ("POST", "code=example-key&from=%2B12125550100&to=%2B19005550100"),
    ("GET", "code=example-key&from=%2B12125550100&to=%2B13155550101"),
    ("PUT", "code=example-key&from=%2B12125550100&to=%2B13155550101"),
    ("DELETE", "code=example-key&from=%2B12125550100&to=%2B13155550101"),
    ("POST", "code=example-key&from=+12125550100&to=+13155550101"),
    ("POST", "code=example-key&from=%252B12125550100&to=%252B13155550101"),
    ("POST", "code=example-key&from=12125550100&to=3155550102"),
    ("POST", "code=example-key&from=%2B1+(212)+555-0100&to=%2B1%20%28315%29%20555-0102"),
    ("POST", "code=example-key&from=anonymous&to=%2B13155550100"),
    ("POST", "code=example-key&from=&to=%2B13155550101"),
    ("POST", "code=example-key&to=%2B13155550102"),
    ("POST", "code=example-key&from=%2B12125550100&to=911"),
    ("POST", "code=example-key&from=%2B12125550100&to="),
    ("POST", "code=example-key&from=%2B12125550100"),
    ("POST", "code=example-key&from=%2B12125550100&to=nobody"),
    ("POST", "code=example-key&from=%2B12125550100&to=%2B1234567890123456"),
    ("POST", "code=example-key&from=nobody&to=%2B13155550100"),
    ("POST", "code=example-key&from=%2B12125550100&to=%2B13155550100&to=%2B13155550101"),
    ("POST", "code=example-key&code=example-key&from=%2B12125550100&to=%2B13155550101"),
    ("POST", "code=not-the-key&from=%2B12125550100&to=%2B13155550101"),
    ("POST", "from=%2B12125550100&to=%2B13155550101"),
    ("POST", "code=&from=%2B12125550100&to=%2B13155550101"),
    ("POST", "CODE=example-key&FROM=%2B12125550100&TO=%2B13155550101"),
    ("POST", "c%6Fde=example%2Dkey&from=%2B12125550100&t%6f=%2B13155550101"),
    ("POST", "to=%2B13155550101&utm=%C3%A9t%C3%A9&from=%2B12125550100&code=example-key"),
    (
        "POST",
        "code=example-key&from=%2B12125550100&to=%D9%A1%D9%A3%D9%A1%D9%A5%D9%A5%D9%A5%D9%A5%D9%A0%D9%A1%D9%A0%D9%A1",
    ),
    ("POST", "code=example-key;from=%2B12125550100;to=%2B13155550101"),
    ("POST", "code=example-key&from=%2B12125550100&to=%2B13155550101%00"),
    ("POST", "code=example-key&from=%2B12125550100&to=%2B13155550101%22%3C%2Fscript%3E"),
    ("POST", "code=example-key&from=%2B12125550100&to=%2B13155550101%3Bext%3D7"),
    ("POST", "code=example-key&from=tel%3A%2B12125550100&to=sip%3A%2B13155550101%40example.com"),
];

/// The HTTP status and the body.
type HostAnswer = (u16, String);

// ---- The function on Lambda ----

struct Lambda {
    api: RuntimeApi,
    hook: Hook,
}

impl Lambda {
    /// Starts the function's own binary, which a build of the workspace puts beside this one.
    async fn start(dynamodb: &DynamoDb) -> Self {
        let binary = Path::new(env!("CARGO_BIN_EXE_precall")).with_file_name("precall-hook");
        assert!(binary.exists(), "{} is missing; build the whole workspace", binary.display());
        let api = RuntimeApi::start().await;
        let variables = variables(dynamodb);
        let env: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let hook = Hook::spawn(binary.to_str().unwrap(), &api, &env);
        api.first_next(PATIENCE).await.unwrap_or_else(|error| panic!("{error}\n{}", hook.output()));
        Self { api, hook }
    }

    async fn ask(&self, event: &Value) -> HostAnswer {
        match self.api.invoke(event.to_string().into_bytes()).await.outcome {
            Outcome::Response(bytes) => {
                let reply: Value = serde_json::from_slice(&bytes).unwrap();
                let status = u16::try_from(reply["statusCode"].as_u64().unwrap()).unwrap();
                (status, reply["body"].as_str().unwrap().to_owned())
            }
            Outcome::FunctionError(bytes) => {
                panic!("function error {}\n{}", String::from_utf8_lossy(&bytes), self.hook.output())
            }
        }
    }
}

/// Returns the event that each front of Lambda makes from a request. Fronts that keep one value of each name are left
/// out if a request repeats a name, because their choice of the value is not defined.
fn events(method: &str, query: &str) -> Vec<(&'static str, Value)> {
    let decoded = parse_query(query);
    let several: Map<String, Value> = decoded.iter().map(|(name, values)| (name.clone(), json!(values))).collect();
    let single: Map<String, Value> =
        decoded.iter().map(|(name, values)| (name.clone(), json!(values.join(",")))).collect();
    let repeats = decoded.values().any(|values| values.len() > 1);

    let mut sent = Map::new();
    let mut sent_several = Map::new();
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        sent.insert(name.to_owned(), json!(value));
        let values = sent_several.entry(name).or_insert(json!([])).as_array_mut().unwrap();
        values.push(json!(value));
    }
    let http = |version: &str, domain: &str| {
        json!({
            "version": version, "routeKey": "$default", "rawPath": "/", "rawQueryString": query,
            "queryStringParameters": single,
            "requestContext": { "domainName": domain, "http": { "method": method, "path": "/" } },
        })
    };
    let elb =
        json!({ "elb": { "targetGroupArn": "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/p/6d" } });
    let mut events = vec![
        ("HTTP API", http("2.0", "hook.example.com")),
        ("function URL", http("2.0", "exampleurlid.lambda-url.us-east-1.on.aws")),
        (
            "REST API",
            json!({
                "resource": "/", "path": "/", "httpMethod": method, "queryStringParameters": single,
                "multiValueQueryStringParameters": several, "requestContext": { "httpMethod": method },
            }),
        ),
        (
            "ALB, several values",
            json!({ "requestContext": elb, "httpMethod": method, "path": "/",
                    "multiValueQueryStringParameters": sent_several }),
        ),
    ];
    if !repeats {
        events.extend([
            ("ALB", json!({ "requestContext": elb, "httpMethod": method, "path": "/", "queryStringParameters": sent })),
            ("mapping template", json!({ "params": { "querystring": single }, "context": { "http-method": method } })),
        ]);
        if method == "POST" {
            events.push(("bare", json!({ "queryStringParameters": single })));
        }
    }
    events
}

// ---- The program as the hosts start it ----

struct Program {
    hook: Hook,
    address: SocketAddr,
}

impl Program {
    /// Starts a command line of a deployment's file, whose first word is this program, and waits until it listens.
    async fn start(line: &[String], variables: &[(&str, String)]) -> Self {
        let name = Path::new(&line[0]).file_name().unwrap();
        assert_eq!(name, "precall", "{line:?}");
        let mut command = Command::new(env!("CARGO_BIN_EXE_precall"));
        command.args(&line[1..]).env_clear().envs(variables.iter().map(|(name, value)| (name, value)));
        let hook = Hook::start(&mut command);
        let printed = hook.wait_for_line(|line| line.contains("Hook:"), PATIENCE).await;
        let printed = printed.unwrap_or_else(|| panic!("it does not listen:\n{}", hook.output()));
        let address = printed.split_once("http://").unwrap().1.split('/').next().unwrap().parse().unwrap();
        Self { hook, address }
    }

    async fn ask(&self, method: &str, target: &str, headers: &str, body: &str) -> Reply {
        ask(SocketAddr::from(([127, 0, 0, 1], self.address.port())), method, target, headers, body).await
    }
}

struct Reply {
    status: u16,
    head: String,
    body: String,
}

async fn ask(address: SocketAddr, method: &str, target: &str, headers: &str, body: &str) -> Reply {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "{method} {target} HTTP/1.1\r\nhost: {address}\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Reply { status, head: head.to_lowercase(), body: body.to_owned() }
}

/// Returns the settings that every host needs: the key and the tables.
fn variables(dynamodb: &DynamoDb) -> Vec<(&'static str, String)> {
    let mut variables: Vec<_> = PATIENT.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    variables.extend([
        ("AWS_ENDPOINT_URL_DYNAMODB", dynamodb.url.clone()),
        ("AWS_REGION", "us-east-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "AKIATEST".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "test-secret".to_owned()),
        ("PRECALL_RULES_TABLE", dynamodb.table.clone()),
        ("PRECALL_ATTEMPTS_TABLE", dynamodb.attempts.clone()),
        ("PRECALL_API_KEYS", format!("example={}", auth::hash("example-key"))),
    ]);
    variables
}

fn without(variables: &mut Vec<(&'static str, String)>, names: &[&str]) {
    variables.retain(|(name, _)| !names.contains(name));
}

/// Returns a port that is free.
async fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap().port()
}

fn deployment(path: &str) -> String {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "..", "..", "deploy", path].iter().collect();
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns the command of the image: ENTRYPOINT and CMD.
fn image() -> Vec<String> {
    let dockerfile = deployment("google/Dockerfile");
    let words = |instruction: &str| -> Vec<String> {
        let line = dockerfile.lines().rfind(|line| line.starts_with(instruction)).unwrap();
        serde_json::from_str(&line[instruction.len()..]).unwrap()
    };
    [words("ENTRYPOINT"), words("CMD")].concat()
}

fn parse_query(query: &str) -> BTreeMap<String, Vec<String>> {
    let mut parameters = BTreeMap::<String, Vec<String>>::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        parameters.entry(name.into_owned()).or_default().push(value.into_owned());
    }
    parameters
}

/// Returns the command of an image with rules in it: `--args` replaces CMD.
fn image_with(database: &Path) -> Vec<String> {
    let entrypoint = image().into_iter().take_while(|word| word != "--dynamodb");
    entrypoint
        .chain([format!("--database={}", database.display()), "--dynamodb-listen=127.0.0.1:0".to_owned()])
        .collect()
}

/// Returns the command that the host of Azure Functions runs if the rules are in the package.
fn package_with(database: &Path) -> Vec<String> {
    let program = custom_handler().0.remove(0);
    let words = ["serve", "--database", database.to_str().unwrap(), "--dynamodb-listen", "127.0.0.1:0"];
    [program].into_iter().chain(words.map(str::to_owned)).collect()
}

/// Makes a database with the example's rules with `precall load`.
fn packed(folder: &Path) -> PathBuf {
    let database = folder.join("rules.db");
    let rules: PathBuf = [env!("CARGO_MANIFEST_DIR"), "..", "..", "rules", "example.json"].iter().collect();
    let mut load = Command::new(env!("CARGO_BIN_EXE_precall"));
    let loaded = load.env_clear().arg("load").arg("--database").arg(&database).arg(rules).output().unwrap();
    assert!(loaded.status.success(), "{}", String::from_utf8_lossy(&loaded.stderr));
    let files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files, ["rules.db"], "the package needs one file only");
    database
}

/// Returns the settings that a host needs if the rules come with the program.
fn keys() -> Vec<(&'static str, String)> {
    let mut variables: Vec<_> = PATIENT.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    variables.push(("PRECALL_API_KEYS", format!("example={}", auth::hash("example-key"))));
    variables
}

/// Adds the variables that Cloud Run sets for a container: <https://cloud.google.com/run/docs/container-contract>
fn google(mut variables: Vec<(&'static str, String)>, port: u16) -> Vec<(&'static str, String)> {
    variables.extend([
        ("PORT", port.to_string()),
        ("K_SERVICE", "precall".to_owned()),
        ("K_REVISION", "precall-00001-abc".to_owned()),
        ("K_CONFIGURATION", "precall".to_owned()),
        // The operator sets this one, so that log lines have their trace.
        ("GOOGLE_CLOUD_PROJECT", "example-project".to_owned()),
    ]);
    variables
}

/// Returns the command of the custom handler's description, and true if the host forwards requests.
fn custom_handler() -> (Vec<String>, bool) {
    let host: Value = serde_json::from_str(&deployment("azure/host.json")).unwrap();
    let description = &host["customHandler"]["description"];
    let mut line = vec![description["defaultExecutablePath"].as_str().unwrap().to_owned()];
    let arguments = description["arguments"].as_array().unwrap();
    line.extend(arguments.iter().map(|word| word.as_str().unwrap().to_owned()));
    (line, host["customHandler"]["enableForwardingHttpRequest"] == true)
}

/// Adds the variables that the host of Azure Functions sets:
/// <https://learn.microsoft.com/azure/azure-functions/functions-custom-handlers>
fn azure(mut variables: Vec<(&'static str, String)>, port: u16) -> Vec<(&'static str, String)> {
    variables.extend([
        ("FUNCTIONS_CUSTOMHANDLER_PORT", port.to_string()),
        ("FUNCTIONS_CUSTOMHANDLER_WORKER_ID", "3d5ba2d2-2f0b-4f2c-a1b5-8b9ddbf2b5e1".to_owned()),
        ("FUNCTIONS_WORKER_RUNTIME", "custom".to_owned()),
        // The host sets this one too, for the site itself. It is not the handler's port.
        ("PORT", "80".to_owned()),
        ("WEBSITE_SITE_NAME", "example-hook".to_owned()),
    ]);
    variables
}

/// Returns the envelope that the host posts to `/hook` if it does not forward requests.
fn envelope(method: &str, query: &str) -> Value {
    let single: Map<String, Value> =
        parse_query(query).into_iter().map(|(name, values)| (name, json!(values.join(",")))).collect();
    let url = format!("https://example-hook.azurewebsites.net/api/hook?{query}");
    let headers = json!({ "Accept": ["*/*"], "Host": ["example-hook.azurewebsites.net"] });
    json!({
        "Data": {
            "req": {
                "Url": url, "Method": method, "Query": json!(single).to_string(), "Headers": headers,
                "Params": {}, "Identities": [],
            }
        },
        "Metadata": {
            "Query": json!(single).to_string(), "Headers": headers.to_string(),
            "sys": { "MethodName": "hook", "UtcNow": "2026-11-23T15:00:00Z", "RandGuid": "5c8e4c1a" },
        },
    })
}

#[tokio::test]
async fn every_host_gives_the_same_answers() {
    let dynamodb = DynamoDb::with_example_rules().await;
    let lambda = Lambda::start(&dynamodb).await;
    let line = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let plain = Program::start(
        &line(&["precall", "serve", "--listen", "127.0.0.1:0", "--dynamodb", "aws"]),
        &variables(&dynamodb),
    )
    .await;
    let container = Program::start(&image(), &google(variables(&dynamodb), free_port().await)).await;
    assert!(
        container.address.ip().is_unspecified(),
        "requests to a container come from other machines: {}",
        container.address
    );
    let (handler, forwards) = custom_handler();
    assert!(forwards);
    let handler = Program::start(&handler, &azure(variables(&dynamodb), free_port().await)).await;
    assert!(handler.address.ip().is_loopback(), "only the host calls a custom handler: {}", handler.address);
    for on_a_host in [&container, &handler] {
        assert!(!on_a_host.hook.stderr().contains("Page:"), "a host has no page: {}", on_a_host.hook.stderr());
    }

    // The rules in the image, and in the package, instead of a table.
    let folder = TempDir::new().unwrap();
    let database = packed(folder.path());
    let baked = Program::start(&image_with(&database), &google(keys(), free_port().await)).await;
    let in_package = Program::start(&package_with(&database), &azure(keys(), free_port().await)).await;

    let mut wrong = String::new();
    let mut statuses = Vec::new();
    for (method, query) in CORPUS {
        let mut answers: Vec<(&str, HostAnswer)> = Vec::new();
        for (front, event) in events(method, query) {
            answers.push((front, lambda.ask(&event).await));
        }
        for (host, program, path) in [
            ("plain HTTP", &plain, ""),
            ("Google", &container, ""),
            ("Google, rules in the image", &baked, ""),
            ("Azure, forwarded", &handler, "api/hook"),
            ("Azure, rules in the package", &in_package, "api/hook"),
        ] {
            let reply = program.ask(method, &format!("/{path}?{query}"), "x-forwarded-for: 203.0.113.10\r\n", "").await;
            for header in ["content-type: application/json", "cache-control: no-store", "x-precall-decision-id: "] {
                assert!(reply.head.contains(header), "{host}: {header}: {}", reply.head);
            }
            answers.push((host, (reply.status, reply.body)));
        }
        let reply = handler
            .ask("POST", "/hook", "content-type: application/json\r\n", &envelope(method, query).to_string())
            .await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        let outputs: Value = serde_json::from_str(&reply.body).unwrap();
        let res = &outputs["Outputs"]["res"];
        assert_eq!(res["headers"]["content-type"], "application/json", "{outputs}");
        let status = u16::try_from(res["statusCode"].as_u64().unwrap()).unwrap();
        answers.push(("Azure, envelope", (status, res["body"].as_str().unwrap().to_owned())));

        let expected = answers[0].1.clone();
        statuses.push(expected.0);
        for (host, answer) in answers {
            if answer != expected {
                writeln!(wrong, "{method} {query}\n  {host}: {answer:?}\n  not {expected:?}").unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    // The corpus has every kind of answer in it.
    for status in [200, 400, 401, 405] {
        assert!(statuses.contains(&status), "{statuses:?}");
    }
    for program in [&plain, &container, &handler, &baked, &in_package] {
        let output = program.hook.output();
        assert!(!output.contains("example-key") && !output.contains("3155550101"), "{output}");
    }
}

/// Checks the files with which the hosts start the program.
#[test]
fn the_files_of_the_deployments_agree() {
    let dockerfile = deployment("google/Dockerfile");
    let stages: Vec<&str> = dockerfile.split("\nFROM ").collect();
    assert_eq!(stages.len(), 3, "a comment, the build stage, the runtime stage: {dockerfile}");
    let runtime = stages[2];
    // The program is linked with the C library of Debian 12, and with libgcc.
    assert!(stages[1].starts_with("rust:1-bookworm AS build\n"), "{dockerfile}");
    assert!(runtime.starts_with("gcr.io/distroless/cc-debian12:nonroot\n"), "{runtime}");
    let copied = runtime.lines().find_map(|line| line.strip_prefix("COPY --from=build ")).unwrap();
    let (from, to) = copied.split_once(' ').unwrap();
    assert_eq!(from, "/precall/target/release/precall");
    assert_eq!(image()[0], to, "the image starts the program that was copied");
    assert!(runtime.contains("# COPY --chown=nonroot rules.db /home/nonroot/rules.db\n"), "{runtime}");
    assert!(stages[1].contains("cargo build --release --locked -p precall-cli"), "{dockerfile}");

    let host: Value = serde_json::from_str(&deployment("azure/host.json")).unwrap();
    assert_eq!(host["version"], "2.0");
    assert_eq!(
        host["customHandler"]["description"]["defaultExecutablePath"], "precall",
        "docs/azure.md copies it there"
    );
    assert_eq!(host["logging"]["logLevel"]["Host.Results"], "None", "the addresses of requests have the key");
    let insights = &host["logging"]["applicationInsights"];
    assert_eq!(insights["enableDependencyTracking"], false, "forwarded requests have it, too");
    assert_eq!(insights["samplingSettings"]["isEnabled"], false, "all records are kept");
    let function: Value = serde_json::from_str(&deployment("azure/hook/function.json")).unwrap();
    assert_eq!(
        function["bindings"],
        json!([
            // The vendor sends POST. A person may try it with a browser.
            { "type": "httpTrigger", "direction": "in", "name": "req", "methods": ["get", "post"], "authLevel": "anonymous" },
            // `Outputs.res` of an envelope is for this binding.
            { "type": "http", "direction": "out", "name": "res" },
        ])
    );
    let health: Value = serde_json::from_str(&deployment("azure/healthz/function.json")).unwrap();
    assert_eq!(health["bindings"][0]["methods"], json!(["get", "head"]));
    assert_eq!(health["bindings"][0]["authLevel"], "anonymous");
}

#[tokio::test]
async fn a_package_without_its_rules_does_not_start() {
    let folder = TempDir::new().unwrap();
    let nowhere = folder.path().join("nowhere.db");
    let empty = folder.path().join("empty.db");
    std::fs::write(&empty, "").unwrap();
    std::fs::create_dir(folder.path().join("with")).unwrap();
    let database = packed(&folder.path().join("with"));
    let other_table = || [keys(), vec![("PRECALL_RULES_TABLE", "my-rules".to_owned())]].concat();
    let listens = |mut line: Vec<String>| {
        line.extend(["--listen".to_owned(), "127.0.0.1:0".to_owned()]);
        line
    };
    let port = free_port().await;
    for (line, variables, wanted) in [
        (image_with(&nowhere), google(keys(), port), "nowhere.db is not there"),
        (package_with(&nowhere), azure(keys(), port), "nowhere.db is not there"),
        (listens(image_with(&nowhere)), google(keys(), port), "nowhere.db is not there"),
        (image_with(&empty), google(keys(), port), "empty.db has no table precall-rules"),
        (image_with(&empty), google(keys(), port), "empty.db has no table precall-rules"),
        (image_with(&database), google(other_table(), port), "rules.db has no table my-rules"),
        (image_with(&database), google(other_table(), port), "rules.db has no table my-rules"),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_precall"));
        command.args(&line[1..]).env_clear().envs(variables);
        let hook = Hook::start(&mut command);
        let status = hook.wait_exit(PATIENCE).await.expect("it ends");
        assert!(!status.success(), "{line:?}");
        let printed = hook.stderr();
        assert!(printed.contains(wanted) && printed.contains("would let every call through"), "{line:?}: {printed}");
        assert_eq!(printed.contains("is not there"), printed.contains("this is a host, as "), "{printed}");
    }
    assert!(!nowhere.exists(), "no database is made in its place");
}

/// A read-only mount, or files of another user: the program works on a copy.
#[tokio::test]
async fn a_package_that_cannot_be_written_is_read() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::os::unix::process::CommandExt;
    let folder = TempDir::new().unwrap();
    let package = folder.path().join("wwwroot");
    std::fs::create_dir(&package).unwrap();
    let database = packed(&package);
    let cap =
        r#"{"number": "*", "rule": "one-a-day", "status": "REJECT", "code": "480", "max_calls": 1, "per": "24h"}"#;
    std::fs::write(folder.path().join("cap.json"), cap).unwrap();
    let mut load = Command::new(env!("CARGO_BIN_EXE_precall"));
    load.env_clear().arg("load").arg("--database").arg(&database).arg(folder.path().join("cap.json"));
    assert!(load.output().unwrap().status.success());
    // A killed server leaves the newest rules in the file's write-ahead log.
    let mut server = Command::new(env!("CARGO_BIN_EXE_precall"));
    server.args([
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--dynamodb-listen",
        "127.0.0.1:0",
        "--page",
        "off",
        "--database",
    ]);
    let server = Hook::start(server.arg(&database).env_clear().env("PRECALL_AUTH", "none"));
    let printed = server.wait_for_line(|line| line.contains("DynamoDB:"), PATIENCE).await.unwrap();
    let url = printed.split_whitespace().nth(1).unwrap();
    let late = r#"{"number": "+13155550155", "rule": "dnc-late", "status": "REJECT", "code": "603"}"#;
    std::fs::write(folder.path().join("late.json"), late).unwrap();
    let mut load = Command::new(env!("CARGO_BIN_EXE_precall"));
    load.env_clear().args(["load", "--dynamodb", url]).arg(folder.path().join("late.json"));
    assert!(load.output().unwrap().status.success());
    assert!(Command::new("kill").args(["-KILL", &server.pid().to_string()]).status().unwrap().success());
    server.wait_exit(PATIENCE).await.expect("it ends");
    assert!(
        std::fs::metadata(package.join("rules.db-wal")).unwrap().len() > 0,
        "the log must have rules, or this tests nothing"
    );

    // A folder in which every account may start it.
    let program = folder.path().join("precall");
    std::fs::copy(env!("CARGO_BIN_EXE_precall"), &program).unwrap();
    let allow = |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    let packed = std::fs::read(&database).unwrap();
    let temporary = folder.path().join("tmp");
    std::fs::create_dir(&temporary).unwrap();
    allow(&temporary, 0o777);
    allow(folder.path(), 0o755);
    for file in std::fs::read_dir(&package).unwrap() {
        allow(&file.unwrap().path(), 0o444);
    }
    allow(&package, 0o555);

    let mut command = Command::new(&program);
    command.args(&package_with(&database)[1..]).env_clear().envs(azure(keys(), free_port().await));
    command.env("TMPDIR", &temporary);
    // Root may write everything, so another account is used.
    if std::fs::metadata(folder.path()).unwrap().uid() == 0 {
        command.uid(65_534).gid(65_534);
    }
    let hook = Hook::start(&mut command);
    let printed = hook.wait_for_line(|line| line.contains("Hook:"), PATIENCE).await.unwrap_or_else(|| hook.output());
    let address: SocketAddr = printed.split_once("http://").unwrap().1.split('/').next().unwrap().parse().unwrap();
    assert!(
        hook.stderr().contains("which cannot be written: counts and edits are lost when this process ends"),
        "{}",
        hook.stderr()
    );
    for (to, body) in [
        ("13155550101", r#"{"status":"REJECT","code":"603","reason":"Internal do-not-call list"}"#),
        ("13155550155", r#"{"status":"REJECT","code":"603","reason":"dnc-late"}"#),
        ("13155550100", r#"{"status":"PROCEED"}"#),
        ("13155550100", r#"{"status":"REJECT","code":"480","reason":"one-a-day"}"#),
    ] {
        let reply = ask(address, "POST", &format!("/api/hook?code=example-key&to=%2B{to}"), "", "").await;
        assert_eq!((reply.status, reply.body.as_str()), (200, body));
    }
    assert_eq!(std::fs::read(&database).unwrap(), packed);
    assert!(Command::new("kill").args(["-TERM", &hook.pid().to_string()]).status().unwrap().success());
    assert!(hook.wait_exit(PATIENCE).await.expect("it ends").success());
    assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 0, "the copy is gone");
    allow(&package, 0o755);
}

#[tokio::test]
async fn a_container_logs_in_the_keys_of_cloud_logging_and_ends_on_sigterm() {
    let dynamodb = DynamoDb::with_example_rules().await;
    let container = Program::start(&image(), &google(variables(&dynamodb), free_port().await)).await;
    let trace = "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n";
    let call = "/?code=example-key&to=%2B13155550101";
    assert_eq!(container.ask("POST", call, trace, "").await.status, 200);
    let odd = [
        "",
        "traceparent: \r\n",
        "traceparent: 00\r\n",
        "traceparent: 00-00000000000000000000000000000000-00f067aa0ba902b7-01\r\n",
        "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01\r\n",
        "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e473/-00f067aa0ba902b7-01\r\n",
        "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e47\u{e9}-00f067aa0ba902b7-01\r\n",
    ];
    for trace in odd {
        assert_eq!(container.ask("POST", "/?code=not-the-key&to=%2B13155550101", trace, "").await.status, 401);
    }

    let sent = Command::new("kill").args(["-TERM", &container.hook.pid().to_string()]).status().unwrap();
    assert!(sent.success());
    let status =
        container.hook.wait_exit(Duration::from_secs(10)).await.expect("it ends within the host's ten seconds");
    assert!(status.success(), "{status}");

    let stdout = container.hook.stdout();
    let lines: Vec<Value> = stdout.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let records: Vec<_> = lines.iter().filter(|line| line["message"] == "decision").collect();
    assert_eq!(records.len(), 1 + odd.len(), "{stdout}");
    assert_eq!(records[0]["severity"], "INFO");
    assert_eq!(
        records[0]["logging.googleapis.com/trace"],
        "projects/example-project/traces/4bf92f3577b34da6a3ce929d0e0e4736"
    );
    for record in &records[1..] {
        assert_eq!(record["severity"], "WARNING");
        assert_eq!(record.get("logging.googleapis.com/trace"), None, "{record}");
    }
    assert!(lines.iter().all(|line| line["severity"].is_string()), "{stdout}");
}

/// The host takes an instance away while a call waits for its answer.
#[tokio::test]
async fn a_container_that_has_to_end_answers_the_calls_under_way() {
    let dynamodb = DynamoDb::with_example_rules().await;
    let faulty = Faulty::start(Mode::Proxy, Some(dynamodb.address())).await;
    let mut variables = variables(&dynamodb);
    without(&mut variables, &["AWS_ENDPOINT_URL_DYNAMODB"]);
    variables.push(("AWS_ENDPOINT_URL_DYNAMODB", faulty.url()));
    let container = Program::start(&image(), &google(variables, free_port().await)).await;
    faulty.set(Mode::Slow(Duration::from_millis(800))).await;
    let before = faulty.requests();
    let call = container.ask("POST", "/?code=example-key&to=%2B13155550101", "", "");
    let end = async {
        // After the request to the store has begun.
        while faulty.requests() == before {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Command::new("kill").args(["-TERM", &container.hook.pid().to_string()]).status().unwrap()
    };
    let (reply, sent) = tokio::join!(call, end);
    assert!(sent.success());
    assert_eq!((reply.status, reply.body.contains("\"603\"")), (200, true), "{}", reply.body);
    assert!(container.hook.wait_exit(PATIENCE).await.expect("it ends").success());
}

/// With the host's own keys (`authLevel: function`), the host has checked `code`, and the hook must not.
#[tokio::test]
async fn azures_key_can_replace_the_hooks() {
    let binding: Value = serde_json::from_str(&deployment("azure/hook/function.json")).unwrap();
    let trigger = &binding["bindings"][0];
    assert_eq!((&trigger["type"], &trigger["authLevel"]), (&json!("httpTrigger"), &json!("anonymous")));

    let dynamodb = DynamoDb::with_example_rules().await;
    let mut variables = variables(&dynamodb);
    without(&mut variables, &["PRECALL_API_KEYS"]);
    variables.push(("PRECALL_AUTH", "none".to_owned()));
    let handler = Program::start(&custom_handler().0, &azure(variables, free_port().await)).await;
    let query = "code=a-function-key-of-azures&from=%2B12125550100&to=%2B13155550101";
    let blocked = r#"{"status":"REJECT","code":"603","reason":"Internal do-not-call list"}"#;
    let reply = handler.ask("POST", &format!("/api/hook?{query}"), "", "").await;
    assert_eq!((reply.status, reply.body.as_str()), (200, blocked));
    let reply = handler.ask("POST", "/hook", "", &envelope("POST", query).to_string()).await;
    let outputs: Value = serde_json::from_str(&reply.body).unwrap();
    assert_eq!(outputs["Outputs"]["res"]["body"], blocked);
    let output = handler.hook.output();
    assert!(!output.contains("a-function-key"), "{output}");
}

/// Without forwarding, the host posts an envelope to the path of the function also for a health check.
#[tokio::test]
async fn a_health_check_in_an_envelope_needs_no_key() {
    let dynamodb = DynamoDb::with_example_rules().await;
    let handler = Program::start(&custom_handler().0, &azure(variables(&dynamodb), free_port().await)).await;
    for (path, method, query, status) in [
        ("/healthz", "GET", "", 200),
        ("/healthz", "HEAD", "", 200),
        ("/healthz", "POST", "", 401),
        ("/healthz", "GET", "to=%2B13155550101", 401),
        ("/hook", "GET", "", 401),
    ] {
        let reply = handler.ask("POST", path, "", &envelope(method, query).to_string()).await;
        let outputs: Value = serde_json::from_str(&reply.body).unwrap();
        let res = &outputs["Outputs"]["res"];
        assert_eq!(res["statusCode"], status, "{path} {method} {query}: {outputs}");
        assert_eq!(res["body"].as_str().unwrap().contains("healthy"), status == 200, "{path} {method}: {outputs}");
    }
}

#[tokio::test]
async fn a_body_that_is_not_an_envelope_is_refused() {
    let dynamodb = DynamoDb::with_example_rules().await;
    let handler = Program::start(&custom_handler().0, &azure(variables(&dynamodb), free_port().await)).await;
    let large = format!(r#"{{"Data":{{"req":{{"Url":"{}"}}}}}}"#, "x".repeat(300 * 1024));
    let deep = "[".repeat(100_000);
    for body in ["", "{}", "nonsense", r#"{"Data":7}"#, r#"{"Data":{"req":{"Url":7}}}"#, &large, &deep] {
        let reply = handler.ask("POST", "/hook", "", body).await;
        assert_eq!(reply.status, 401, "{:.60}: {}", body, reply.body);
    }
    // The documentation shows the query as an object too, and a URL without one.
    let query = json!({ "code": "example-key", "to": "+13155550102" });
    for query in [query.clone(), json!(query.to_string())] {
        let taken_apart = json!({ "Data": { "req": {
            "Url": "http://localhost:7071/api/hook", "Method": "GET", "Query": query,
        } } });
        let reply = handler.ask("POST", "/hook", "", &taken_apart.to_string()).await;
        let outputs: Value = serde_json::from_str(&reply.body).unwrap();
        assert_eq!(
            outputs["Outputs"]["res"]["body"], r#"{"status":"CHANGE_DESTINATION","code":"+13605550112"}"#,
            "{outputs}"
        );
    }
}

/// The host streams its client's body. A client that stops in the middle must not keep a connection for ever.
#[tokio::test]
async fn a_body_that_never_ends_is_answered() {
    let dynamodb = DynamoDb::with_example_rules().await;
    let handler = Program::start(&custom_handler().0, &azure(variables(&dynamodb), free_port().await)).await;
    let mut stream = TcpStream::connect(handler.address).await.unwrap();
    stream.write_all(b"POST /hook HTTP/1.1\r\nhost: h\r\ncontent-length: 1000\r\n\r\n{\"Data\":").await.unwrap();
    let mut answer = String::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_string(&mut answer)).await;
    read.expect("it is answered, and the connection closed").unwrap();
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
}

#[tokio::test]
async fn an_envelopes_call_belongs_to_its_clients_trace() {
    let dynamodb = DynamoDb::with_example_rules().await;
    let handler = Program::start(&custom_handler().0, &azure(variables(&dynamodb), free_port().await)).await;
    let mut body = envelope("POST", "code=example-key&to=%2B13155550101");
    body["Data"]["req"]["Headers"]["Traceparent"] = json!(["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"]);
    assert_eq!(handler.ask("POST", "/hook", "", &body.to_string()).await.status, 200);
    let record = handler.hook.wait_for_line(|line| line.contains("\"decision\""), PATIENCE).await.unwrap();
    assert!(record.contains("\"trace_id\":\"4bf92f3577b34da6a3ce929d0e0e4736\""), "{record}");
}

#[tokio::test]
async fn a_port_of_the_environment_does_not_make_the_example_public() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_precall"));
    command.args(["serve", "--example"]).env_clear().env("PORT", free_port().await.to_string());
    let hook = Hook::start(&mut command);
    let status = hook.wait_exit(PATIENCE).await.expect("it ends");
    assert!(!status.success());
    assert!(hook.stderr().contains("--listen 127.0.0.1:9000"), "{}", hook.stderr());
}

#[tokio::test]
async fn an_invalid_port_is_reported() {
    for (name, value) in [("PORT", "http"), ("FUNCTIONS_CUSTOMHANDLER_PORT", "70000")] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_precall"));
        command.args(["serve", "--dynamodb", "aws"]).env_clear().env(name, value).env("PRECALL_AUTH", "none");
        let hook = Hook::start(&mut command);
        let status = hook.wait_exit(PATIENCE).await.expect("it ends");
        assert!(!status.success());
        assert!(hook.stderr().contains(&format!("{name} is not a port")), "{}", hook.stderr());
    }
}

// ---- The host's own identity instead of an AWS key ----

/// The host's token endpoint and AWS STS in one server, with the requests that it got.
struct TokenExchange {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    _server: JoinSet<()>,
}

impl TokenExchange {
    /// Starts a server that answers a request with this text with this status and body.
    async fn start(answers: &'static [(&'static str, &'static str, &'static str)]) -> Self {
        Self::start_slow(answers, Duration::ZERO).await
    }

    /// Does the same, and sends each answer after a delay.
    async fn start_slow(answers: &'static [(&'static str, &'static str, &'static str)], delay: Duration) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let mut server = JoinSet::new();
        server.spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let mut stream = BufReader::new(stream);
                let mut request = String::new();
                let mut length = 0;
                while stream.read_line(&mut request).await.unwrap() > 2 {
                    let line = request.lines().last().unwrap().to_lowercase();
                    length = line.strip_prefix("content-length:").map_or(length, |rest| rest.trim().parse().unwrap());
                }
                let mut body = vec![0; length];
                stream.read_exact(&mut body).await.unwrap();
                request += &String::from_utf8(body).unwrap();
                tokio::time::sleep(delay).await;
                let found = answers.iter().find(|(text, _, _)| request.contains(text));
                let (_, status, body) = found.unwrap_or(&("", "404 Not Found", ""));
                seen.lock().unwrap().push(request);
                let answer = format!(
                    "HTTP/1.1 {status}\r\ncontent-type: text/xml\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                    body.len()
                );
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        Self { address, requests, _server: server }
    }

    fn request_with(&self, text: &str) -> String {
        let requests = self.requests.lock().unwrap();
        requests.iter().find(|request| request.contains(text)).unwrap_or_else(|| panic!("{text}: {requests:?}")).clone()
    }
}

const ROLE: &str = "arn:aws:iam::123456789012:role/precall";

const CREDENTIALS: &str = r#"<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleWithWebIdentityResult><Credentials><SessionToken>session</SessionToken>
  <SecretAccessKey>canary-secret</SecretAccessKey><Expiration>2099-01-01T00:00:00Z</Expiration>
  <AccessKeyId>ASIAEXCHANGED</AccessKeyId></Credentials></AssumeRoleWithWebIdentityResult>
</AssumeRoleWithWebIdentityResponse>"#;

const REFUSED: &str = r#"<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
  <Code>AccessDenied</Code><Message>Not authorized to perform sts:AssumeRoleWithWebIdentity</Message></Error>
  <RequestId>1</RequestId></ErrorResponse>"#;

fn exchanging(dynamodb: &DynamoDb, exchange: &TokenExchange) -> Vec<(&'static str, String)> {
    let mut variables = variables(dynamodb);
    without(&mut variables, &["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]);
    variables.extend([
        ("AWS_ENDPOINT_URL_STS", format!("http://{}", exchange.address)),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ("AWS_ROLE_ARN", ROLE.to_owned()),
    ]);
    variables
}

#[tokio::test]
async fn a_service_account_of_googles_becomes_a_role() {
    let dynamodb = DynamoDb::with_example_rules().await;
    let exchange =
        TokenExchange::start(&[("computeMetadata", "200 OK", "canary-token\n"), ("Action=", "200 OK", CREDENTIALS)])
            .await;
    let mut variables = google(exchanging(&dynamodb, &exchange), free_port().await);
    variables.push(("GCE_METADATA_HOST", exchange.address.to_string()));
    let container = Program::start(&image(), &variables).await;
    let reply = container.ask("POST", "/?code=example-key&to=%2B13155550101", "", "").await;
    assert_eq!(reply.status, 200, "{}\n{}", reply.body, container.hook.output());

    let token = exchange.request_with("computeMetadata");
    assert!(
        token.contains("GET /computeMetadata/v1/instance/service-accounts/default/identity?audience=precall"),
        "{token}"
    );
    assert!(token.to_lowercase().contains("metadata-flavor: google"), "{token}");
    let role = exchange.request_with("Action=AssumeRoleWithWebIdentity");
    assert!(role.contains("WebIdentityToken=canary-token") && role.contains("role%2Fprecall"), "{role}");
    assert!(!container.hook.output().contains("canary"), "{}", container.hook.output());
}

/// A call does not wait longer than its time budget for an exchange. The next calls use the result.
#[tokio::test]
async fn a_slow_exchange_is_made_once_and_kept() {
    let dynamodb = DynamoDb::with_example_rules().await;
    let answers = &[("computeMetadata", "200 OK", "canary-token"), ("Action=", "200 OK", CREDENTIALS)];
    let exchange = TokenExchange::start_slow(answers, Duration::from_millis(1_200)).await;
    let mut variables = google(exchanging(&dynamodb, &exchange), free_port().await);
    without(
        &mut variables,
        &["PRECALL_CONNECT_TIMEOUT_MS", "PRECALL_ATTEMPT_TIMEOUT_MS", "PRECALL_OPERATION_TIMEOUT_MS"],
    );
    variables.extend([
        ("GCE_METADATA_HOST", exchange.address.to_string()),
        ("PRECALL_CONNECT_TIMEOUT_MS", "2000".to_owned()),
        ("PRECALL_ATTEMPT_TIMEOUT_MS", "2000".to_owned()),
        ("PRECALL_OPERATION_TIMEOUT_MS", "2000".to_owned()),
    ]);
    let container = Program::start(&image(), &variables).await;
    let answered = tokio::time::timeout(PATIENCE, async {
        while container.ask("POST", "/?code=example-key&to=%2B13155550101", "", "").await.status != 200 {}
    });
    answered.await.unwrap_or_else(|_| panic!("never answered:\n{}", container.hook.output()));
    let requests = exchange.requests.lock().unwrap();
    assert_eq!(requests.len(), 2, "{requests:?}");
}

#[tokio::test]
async fn a_managed_identity_of_azures_becomes_a_role() {
    let dynamodb = DynamoDb::with_example_rules().await;
    let exchange = TokenExchange::start(&[
        ("/msi/token", "200 OK", r#"{"access_token":"canary-token","token_type":"Bearer"}"#),
        ("Action=", "200 OK", CREDENTIALS),
    ])
    .await;
    let mut variables = azure(exchanging(&dynamodb, &exchange), free_port().await);
    variables.extend([
        ("IDENTITY_ENDPOINT", format!("http://{}/msi/token", exchange.address)),
        ("IDENTITY_HEADER", "canary-header".to_owned()),
        ("PRECALL_IDENTITY_AUDIENCE", "api://precall".to_owned()),
        ("AZURE_CLIENT_ID", "0f9c".to_owned()),
    ]);
    let handler = Program::start(&custom_handler().0, &variables).await;
    let reply = handler.ask("POST", "/api/hook?code=example-key&to=%2B13155550101", "", "").await;
    assert_eq!(reply.status, 200, "{}\n{}", reply.body, handler.hook.output());

    let token = exchange.request_with("/msi/token");
    assert!(
        token.contains("GET /msi/token?api-version=2019-08-01&resource=api%3A%2F%2Fprecall&client_id=0f9c"),
        "{token}"
    );
    assert!(token.to_lowercase().contains("x-identity-header: canary-header"), "{token}");
    assert!(exchange.request_with("Action=").contains("WebIdentityToken=canary-token"));
    assert!(!handler.hook.output().contains("canary"), "{}", handler.hook.output());
}

#[tokio::test]
async fn an_identity_without_its_settings_is_reported_at_the_start() {
    for (variables, wanted) in [
        ([("IDENTITY_HEADER", "canary\nheader"), ("PRECALL_IDENTITY_AUDIENCE", "api://precall")], "IDENTITY_HEADER is"),
        (
            [("IDENTITY_HEADER", "canary-header"), ("PRECALL_IDENTITY_AUDIENCE", "")],
            "PRECALL_IDENTITY_AUDIENCE is not set",
        ),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_precall"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--dynamodb", "aws", "--region", "us-east-1"]);
        command.env_clear().env("PRECALL_AUTH", "none").env("AWS_ROLE_ARN", ROLE);
        command.env("IDENTITY_ENDPOINT", "http://127.0.0.1:9/msi/token").envs(variables);
        let hook = Hook::start(&mut command);
        let status = hook.wait_exit(PATIENCE).await.expect("it ends");
        assert!(!status.success());
        let output = hook.output();
        assert!(output.contains(wanted) && !output.contains("canary"), "{wanted}: {output}");
    }
}

#[tokio::test]
async fn a_refused_identity_makes_the_decision_unknown_and_is_logged() {
    let token = ("computeMetadata", "200 OK", "canary-token");
    for (answers, delay, wanted) in [
        (vec![token, ("Action=", "403 Forbidden", REFUSED)], 0, "role/precall was refused"),
        (vec![("computeMetadata", "404 Not Found", "canary-token")], 0, "no identity token: it answers 404"),
        (vec![token], 60, "no identity token within 2 s"),
    ] {
        let dynamodb = DynamoDb::with_example_rules().await;
        let exchange = TokenExchange::start_slow(answers.leak(), Duration::from_secs(delay)).await;
        let mut variables = google(exchanging(&dynamodb, &exchange), free_port().await);
        variables.push(("GCE_METADATA_HOST", exchange.address.to_string()));
        let container = Program::start(&image(), &variables).await;
        let reply = container.ask("POST", "/?code=example-key&to=%2B13155550101", "", "").await;
        assert_eq!(reply.status, 503, "{}", reply.body);
        // The answer can arrive before the log line.
        let printed = container.hook.wait_for_line(|line| line.contains(wanted), PATIENCE).await;
        let output = container.hook.output();
        assert!(printed.is_some(), "{wanted}: {output}");
        assert!(!output.contains("canary"), "{output}");
        let stdout = container.hook.stdout();
        let warning =
            stdout.lines().find(|line| line.contains("no credentials for the host's identity")).expect(&stdout);
        assert!(warning.contains(r#""severity":"WARNING""#), "{warning}");
    }
}
