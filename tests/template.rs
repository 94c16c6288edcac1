//! Checks that `template.yaml` watches only things that exist: each metric, dimension and field of the log that it names is
//! compared with the output of the function, and each alarm with the page that describes it.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that line"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use precall_hook::auth;
use precall_hook::settings::JournalSettings;
use precall_hook::store::TableSchema;
use precall_test::dynamodb::{DynamoDb, PATIENT};
use precall_test::faulty::{Faulty, Mode};
use precall_test::process::Hook;
use precall_test::runtime_api::RuntimeApi;
use serde_json::{Value, json};

const TEMPLATE: &str = include_str!("../template.yaml");
const PAGE: &str = include_str!("../docs/visible.md");

/// The length of the longest name that a stack may have, in characters.
const LONGEST_STACK: usize = 128;

/// AWS's own metrics, as its documentation lists them, by namespace and dimensions in alphabetical order:
/// <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html>,
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html>,
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html>,
/// <https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-metrics.html>,
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html>.
const OF_AWS: [(&str, &[&str], &[&str]); 6] = [
    ("AWS/Lambda", &["FunctionName"], &["Invocations", "Errors", "Throttles", "ConcurrentExecutions", "IteratorAge"]),
    ("AWS/SQS", &["QueueName"], &["ApproximateNumberOfMessagesVisible"]),
    ("AWS/ApiGateway", &["ApiId"], &["Count", "4xx", "5xx", "Latency"]),
    ("AWS/DynamoDB", &["TableName"], &["ReadThrottleEvents", "WriteThrottleEvents"]),
    ("AWS/DynamoDB", &["Operation", "TableName"], &["SuccessfulRequestLatency", "SystemErrors"]),
    ("AWS/Firehose", &["DeliveryStreamName"], &["DeliveryToS3.DataFreshness", "IncomingBytes"]),
];

/// Words of Logs Insights that are not fields.
const WORDS: [&str; 23] = [
    "jsonParse",
    "unnest",
    "into",
    "SOURCE",
    "filter",
    "fields",
    "stats",
    "sort",
    "limit",
    "by",
    "as",
    "and",
    "or",
    "like",
    "desc",
    "asc",
    "count",
    "count_distinct",
    "latest",
    "earliest",
    "max",
    "bin",
    "ispresent",
];

/// The identity of a metric: its namespace, its name and its dimensions, with their values if these are fixed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Metric {
    namespace: String,
    name: String,
    dimensions: BTreeMap<String, String>,
}

/// Returns the template without its tags: `!Ref Hook` and `Hook` are the same here.
fn template() -> Value {
    serde_saphyr::from_str(TEMPLATE).unwrap()
}

/// Returns the resources of a type, by their names.
fn resources<'a>(template: &'a Value, kind: &str) -> Vec<(&'a str, &'a Value)> {
    let all = template["Resources"].as_object().unwrap();
    let found: Vec<_> = all.iter().filter(|(_, resource)| resource["Type"] == kind).collect();
    assert!(!found.is_empty(), "no {kind}");
    found.into_iter().map(|(name, resource)| (name.as_str(), &resource["Properties"])).collect()
}

fn dashboard(template: &Value) -> Value {
    let (_, properties) = resources(template, "AWS::CloudWatch::Dashboard").remove(0);
    // `!Sub` of a text and of values for the names in it.
    let body = properties["DashboardBody"][0].as_str().unwrap();
    // The only number that is inserted; all other values are in quotation marks.
    serde_json::from_str(&body.replace("${SlowAnswerMs}", "1000")).unwrap()
}

/// Returns all lines that a function writes about calls of all kinds.
async fn lines() -> Vec<Value> {
    lines_with(&[]).await
}

async fn lines_with(more: &[(&str, &str)]) -> Vec<Value> {
    let dynamodb = DynamoDb::with_example_rules().await;
    let everything = json!({
        "number": "+13155550120", "rule": "everything", "status": "REJECT", "code": "banana", "priority": 100,
        "places": "US-*", "hours": "00:00-24:00",
    });
    let rules = [
        everything,
        json!({ "number": "+13155550120", "rule": "outranked", "status": "PROCEED" }),
        json!({ "number": "+13155550121", "rule": "once", "status": "REJECT", "max_calls": 1, "per": "24h" }),
        json!({ "number": "+13155550122", "rule": "typo", "status": "REJEKT" }),
        json!({ "number": "+13155550123", "rule": "astray", "status": "CHANGE_DESTINATION", "code": "+13155550101" }),
        json!({ "number": "+13155550124", "rule": "by-law", "status": "REJECT", "calling_hours": "us" }),
        json!({ "number": "+13155550124", "rule": "trial", "status": "REJECT", "shadow": true }),
        json!({ "number": "*", "rule": "no-125", "status": "REJECT", "to": "+13155550125" }),
    ];
    for rule in &rules {
        dynamodb.put(rule).await;
    }
    let unreadable = Mode::when(r#"{"S":"+13155550125"}"#, Mode::Forbidden);
    let store = Faulty::start(unreadable, Some(dynamodb.address())).await;
    let store_url = store.url();
    let api = RuntimeApi::start().await;
    let keys = format!("example={}", auth::hash("example-key"));
    let mut variables = PATIENT.to_vec();
    variables.extend([
        ("AWS_ENDPOINT_URL_DYNAMODB", store_url.as_str()),
        ("PRECALL_RULES_TABLE", &dynamodb.table),
        ("PRECALL_ATTEMPTS_TABLE", &dynamodb.attempts),
        ("PRECALL_API_KEYS", &keys),
    ]);
    variables.extend(more);
    let hook = Hook::spawn(env!("CARGO_BIN_EXE_precall-hook"), &api, &variables);
    let patience = Duration::from_secs(20);
    api.first_next(patience).await.unwrap_or_else(|error| panic!("{error}\n{}", hook.output()));
    let calls = [
        ("example-key", "+13155550100"),
        ("example-key", "+13155550101"),
        ("example-key", "+13155550102"),
        ("example-key", "+13155550120"),
        ("example-key", "+13155550121"),
        ("example-key", "+13155550121"),
        ("example-key", "+13155550122"),
        ("example-key", "+13155550123"),
        ("example-key", "+13155550124"),
        ("example-key", "+13155550125"),
        ("wrong-key", "+13155550100"),
    ];
    let caller = "+12125550100";
    let mut queries = calls.map(|(code, to)| json!({ "code": code, "from": caller, "to": to })).to_vec();
    // A caller that cannot be read, and an area code that is not in the tables.
    queries.push(json!({ "code": "example-key", "from": "FreeSWITCH", "to": "+13155550100" }));
    queries.push(json!({ "code": "example-key", "from": caller, "to": "+19995550100" }));
    for query in &queries {
        api.invoke(json!({ "queryStringParameters": query }).to_string().into_bytes()).await;
    }
    let parsed = || -> Vec<Value> {
        let stdout = hook.stdout();
        stdout.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    };
    // An answer can arrive before its own lines.
    let deadline = std::time::Instant::now() + patience;
    loop {
        let lines = parsed();
        if lines.iter().filter(|line| line.get("Decisions").is_some()).count() == queries.len() {
            return lines;
        }
        assert!(std::time::Instant::now() < deadline, "{}", hook.output());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn decisions(lines: &[Value]) -> Vec<&Value> {
    lines.iter().filter(|line| line["message"] == "decision").collect()
}

/// Returns the fields of the decision records of these calls.
fn fields(lines: &[Value]) -> BTreeSet<String> {
    decisions(lines).iter().flat_map(|record| record.as_object().unwrap().keys().cloned()).collect()
}

/// Returns the metrics that CloudWatch makes from the lines in the embedded metric format.
fn emitted(lines: &[Value]) -> BTreeSet<Metric> {
    let mut metrics = BTreeSet::new();
    for line in lines {
        for directive in line["_aws"]["CloudWatchMetrics"].as_array().into_iter().flatten() {
            for (metric, dimensions) in directive["Metrics"]
                .as_array()
                .unwrap()
                .iter()
                .flat_map(|metric| directive["Dimensions"].as_array().unwrap().iter().map(move |set| (metric, set)))
            {
                let name = metric["Name"].as_str().unwrap();
                assert!(line[name].is_number(), "{name} has no value in {line}");
                let value = |key: &Value| {
                    let key = key.as_str().unwrap();
                    let value = line[key].as_str().unwrap();
                    (key.to_owned(), if key == "service" { "Hook".to_owned() } else { value.to_owned() })
                };
                metrics.insert(Metric {
                    namespace: directive["Namespace"].as_str().unwrap().to_owned(),
                    name: name.to_owned(),
                    dimensions: dimensions.as_array().unwrap().iter().map(value).collect(),
                });
            }
        }
    }
    metrics
}

/// Returns the metrics that the template counts from the log.
fn filtered(template: &Value) -> BTreeSet<Metric> {
    let mut metrics = BTreeSet::new();
    for (_, filter) in resources(template, "AWS::Logs::MetricFilter") {
        for made in filter["MetricTransformations"].as_array().unwrap() {
            assert!(made.get("Dimensions").is_none(), "with dimensions there is no default value");
            metrics.insert(Metric {
                namespace: made["MetricNamespace"].as_str().unwrap().to_owned(),
                name: made["MetricName"].as_str().unwrap().to_owned(),
                dimensions: BTreeMap::new(),
            });
        }
    }
    metrics
}

/// Returns the value of the dimension `service` in the template, without tags: the parameter, or else the function's name.
fn service() -> Value {
    json!(["NamesService", "ServiceName", "Hook"])
}

fn of_alarm(metric: &Value) -> Metric {
    let dimension = |dimension: &Value| {
        let name = dimension["Name"].as_str().unwrap();
        let value = if name == "service" {
            assert_eq!(dimension["Value"], service(), "{metric}");
            "Hook"
        } else {
            dimension["Value"].as_str().unwrap()
        };
        (name.to_owned(), value.to_owned())
    };
    Metric {
        namespace: metric["Namespace"].as_str().unwrap().to_owned(),
        name: metric["MetricName"].as_str().unwrap().to_owned(),
        dimensions: metric["Dimensions"].as_array().into_iter().flatten().map(dimension).collect(),
    }
}

/// Reads `["namespace", "name", "dimension", "value", …, {options}]`, or `[{expression}]`.
fn of_widget(metric: &Value) -> Option<Metric> {
    let texts: Vec<&str> = metric.as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let (names, dimensions) = texts.split_at_checked(2)?;
    let dimensions = dimensions.chunks(2).map(|pair| {
        let value = pair[1].trim_start_matches("${").trim_end_matches('}');
        // A name of its own in the text, whose value another test checks.
        let value = if pair[0] == "service" { value.replace("Service", "Hook") } else { value.to_owned() };
        (pair[0].to_owned(), value)
    });
    Some(Metric { namespace: names[0].to_owned(), name: names[1].to_owned(), dimensions: dimensions.collect() })
}

fn assert_known(metric: &Metric, known: &BTreeSet<Metric>, whose: &str) {
    let dimensions: Vec<&str> = metric.dimensions.keys().map(String::as_str).collect();
    if metric.namespace.starts_with("AWS/") {
        let of_aws = OF_AWS.iter().any(|(namespace, by, names)| {
            *namespace == metric.namespace && *by == dimensions && names.contains(&metric.name.as_str())
        });
        assert!(of_aws, "{whose}: AWS is not known to have {metric:?}");
    } else {
        assert!(known.contains(metric), "{whose}: {metric:?} does not exist\nknown: {known:#?}");
    }
}

#[tokio::test]
async fn every_metric_of_the_alarms_and_the_dashboard_exists() {
    let template = template();
    let lines = lines().await;
    let mut known = emitted(&lines);
    known.extend(filtered(&template));
    for (name, alarm) in resources(&template, "AWS::CloudWatch::Alarm") {
        let Some(metrics) = alarm["Metrics"].as_array() else {
            assert_known(&of_alarm(alarm), &known, name);
            continue;
        };
        let (results, inputs): (Vec<_>, Vec<_>) = metrics.iter().partition(|metric| metric.get("Expression").is_some());
        assert_eq!(results.len(), 1, "{name}");
        let words = words(results[0]["Expression"].as_str().unwrap());
        for input in inputs {
            let id = input["Id"].as_str().unwrap();
            assert!(words.contains(id), "{name}: {id} is not used");
            assert_eq!(input["ReturnData"], json!(false), "{name}: {id}");
            assert_known(&of_alarm(&input["MetricStat"]["Metric"]), &known, name);
        }
        let ids: BTreeSet<&str> = metrics.iter().map(|metric| metric["Id"].as_str().unwrap()).collect();
        for word in words.iter().filter(|word| word.chars().all(|c| c.is_ascii_lowercase())) {
            assert!(ids.contains(word.as_str()), "{name}: {word} is no metric");
        }
    }
    for widget in dashboard(&template)["widgets"].as_array().unwrap() {
        let title = widget["properties"]["title"].as_str().unwrap_or_default();
        for metric in widget["properties"]["metrics"].as_array().into_iter().flatten() {
            match of_widget(metric) {
                Some(metric) => assert_known(&metric, &known, title),
                None => assert_search(metric[0]["expression"].as_str().unwrap(), &known),
            }
        }
    }
}

/// The hook writes its metrics under the name from which the alarms and the dashboard read them, with any name.
#[tokio::test]
async fn the_service_of_the_metrics_is_that_of_the_alarms() {
    let template = template();
    assert_eq!(
        template["Resources"]["Hook"]["Properties"]["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"],
        "ServiceName"
    );
    assert_eq!(template["Conditions"]["NamesService"], json!([["ServiceName", ""]]));
    let (_, dashboard) = resources(&template, "AWS::CloudWatch::Dashboard").remove(0);
    assert_eq!(dashboard["DashboardBody"][1]["Service"], service());
    let body = dashboard["DashboardBody"][0].as_str().unwrap();
    assert!(!body.contains("\"service\", \"${Hook}\"") && !body.contains("service=\\\"${Hook}"), "{body}");

    // An empty parameter is an empty variable.
    for (parameter, name) in [("", "precall-hook"), ("billing.eu", "billing.eu")] {
        let lines = lines_with(&[("POWERTOOLS_SERVICE_NAME", parameter)]).await;
        let named = lines.iter().filter(|line| line.get("_aws").is_some() || line["message"] == "decision");
        let services: BTreeSet<&str> = named.map(|line| line["service"].as_str().unwrap()).collect();
        assert_eq!(services, BTreeSet::from([name]));
    }
}

/// `sam build` and `sam deploy` take the processor from one place, so that an answer to `--guided`, which comes after the
/// build, cannot differ from the binary.
#[test]
fn the_processor_is_not_a_parameter() {
    let template = template();
    let processor = &template["Globals"]["Function"]["Architectures"];
    assert!([json!(["arm64"]), json!(["x86_64"])].contains(processor), "{processor}");
    assert!(template["Parameters"].get("Architecture").is_none());
    // scripts/check-deploy.sh reads and replaces this line.
    assert_eq!(TEMPLATE.lines().filter(|line| line.contains("Architectures: [")).count(), 1);
    assert_eq!(TEMPLATE.lines().filter(|line| line.starts_with("    Architectures: [")).count(), 1);
}

/// A change of these parameters replaces a table by an empty one, so the description of each shows this where SAM asks for it.
#[test]
fn a_parameter_that_can_empty_a_table_says_so() {
    let template = template();
    for name in ["RulesTableName", "ExistingRulesTable", "AttemptsTableName", "JournalTableName"] {
        let description = template["Parameters"][name]["Description"].as_str().unwrap();
        assert!(description.contains("EMPTY") && description.contains("outside of the stack"), "{name}: {description}");
        // CloudFormation's limit.
        assert!(description.len() <= 4_000, "{name}");
    }
    for (name, table) in resources(&template, "AWS::DynamoDB::Table") {
        assert_eq!(table["DeletionProtectionEnabled"], json!(true), "{name}");
        for policy in ["DeletionPolicy", "UpdateReplacePolicy"] {
            assert_eq!(template["Resources"][name][policy], "Retain", "{name}");
        }
    }
}

/// The function may read the rules table and look at its first page, and change nothing in it.
#[test]
fn the_function_only_reads_the_rules_table() {
    let template = template();
    let policies = template["Resources"]["HookRole"]["Properties"]["Policies"].as_array().unwrap();
    let rules = policies.iter().find(|policy| policy["PolicyName"] == "read-rules").unwrap();
    let statements = rules["PolicyDocument"]["Statement"].as_array().unwrap();
    assert_eq!(statements.len(), 1);
    assert_eq!(statements[0]["Action"], json!(["dynamodb:Query", "dynamodb:Scan"]));
}

/// Returns the actions of each policy of a role, by the name of the policy. Each has the effect Allow.
fn rights(template: &Value, role: &str) -> Vec<(String, Vec<String>, String)> {
    let policies = template["Resources"][role]["Properties"]["Policies"].as_array().unwrap();
    let statements = policies.iter().flat_map(|policy| {
        let name = policy["PolicyName"].as_str().unwrap().to_owned();
        let statements = policy["PolicyDocument"]["Statement"].as_array().unwrap();
        statements.iter().map(move |statement| (name.clone(), statement))
    });
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    statements
        .map(|(name, statement)| {
            assert_eq!(statement["Effect"], "Allow", "{name}");
            let actions = match &statement["Action"] {
                Value::Array(actions) => actions.iter().map(plain).collect(),
                action => vec![plain(action)],
            };
            (name, actions, plain(&statement["Resource"]))
        })
        .collect()
}

/// The journal's function writes one table, and reads one stream and nothing else. It cannot change or read a rule, and cannot
/// read the journal.
#[test]
fn the_journal_function_has_the_least_rights() {
    let stream = r#"["MakesRulesTable","RulesTable.StreamArn","${ExistingRulesTableStreamArn}"]"#;
    let streams = r#"["MakesRulesTable","${RulesTable.Arn}/stream/*","arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${ExistingRulesTable}/stream/*"]"#;
    let expected: [(&str, &[&str], &str); 5] = [
        ("read-changes", &["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"], stream),
        ("read-changes", &["dynamodb:ListStreams"], streams),
        ("write-journal", &["dynamodb:BatchWriteItem"], "JournalTable.Arn"),
        ("report-lost-changes", &["sqs:SendMessage"], "JournalQueue.Arn"),
        ("write-own-log", &["logs:CreateLogStream", "logs:PutLogEvents"], "JournalLog.Arn"),
    ];
    let expected = expected.map(|(name, actions, resource)| {
        (name.to_owned(), actions.iter().map(|action| (*action).to_owned()).collect(), resource.to_owned())
    });
    assert_eq!(rights(&template(), "JournalRole"), expected);
    // The hook has no right on the journal.
    assert!(!template()["Resources"]["HookRole"].to_string().contains("Journal"));
}

/// The parameters of the journal reach its function under names that it reads.
#[test]
fn the_settings_of_the_journal_function_are_read() {
    let template = template();
    let function = &template["Resources"]["JournalFunction"];
    assert_eq!(function["Metadata"]["BuildProperties"]["Binary"], "precall-journal");
    assert_eq!(template["Resources"]["Hook"]["Metadata"]["BuildProperties"]["Binary"], "precall-hook");
    let variables = &function["Properties"]["Environment"]["Variables"];
    assert_eq!(
        variables,
        &json!({ "PRECALL_JOURNAL_TABLE": "JournalTable", "PRECALL_JOURNAL_DAYS": "JournalRetentionDays" })
    );
    let defaults = JournalSettings::read(|_| None).unwrap();
    assert_eq!(template["Parameters"]["JournalTableName"]["Default"], json!(defaults.table));
    assert_eq!(template["Parameters"]["JournalRetentionDays"]["Default"], json!(defaults.days));
    let limits = &template["Parameters"]["JournalRetentionDays"];
    for days in [&limits["MinValue"], &limits["MaxValue"]] {
        JournalSettings::read(|name| (name == "PRECALL_JOURNAL_DAYS").then(|| days.to_string())).unwrap();
    }
    // Five years, as for decision records.
    assert_eq!(limits["Default"], template["Parameters"]["LogRetentionDays"]["Default"]);
}

/// A change that is not in the journal is sent again for hours, and after that it is reported.
#[test]
fn the_stream_is_read_so_that_no_change_is_lost() {
    let template = template();
    let source = &template["Resources"]["JournalSource"]["Properties"];
    assert_eq!(
        source["EventSourceArn"],
        json!(["MakesRulesTable", "RulesTable.StreamArn", "${ExistingRulesTableStreamArn}"])
    );
    for (name, value) in [
        ("FunctionName", json!("JournalFunction")),
        ("StartingPosition", json!("TRIM_HORIZON")),
        ("FunctionResponseTypes", json!(["ReportBatchItemFailures"])),
        ("BisectBatchOnFunctionError", json!(true)),
        ("DestinationConfig", json!({ "OnFailure": { "Destination": "JournalQueue.Arn" } })),
    ] {
        assert_eq!(source[name], value, "{name}");
    }
    // Before the stream forgets the change, which is after 24 hours.
    let age = source["MaximumRecordAgeInSeconds"].as_u64().unwrap();
    assert!((3_600..=43_200).contains(&age), "{age}");
    let queue = &template["Resources"]["JournalQueue"]["Properties"];
    assert_eq!(queue, &json!({ "MessageRetentionPeriod": 14 * 86_400, "SqsManagedSseEnabled": true }));
    // A rules table that the stack makes has the stream.
    assert_eq!(
        template["Resources"]["RulesTable"]["Properties"]["StreamSpecification"],
        json!(["KeepsJournal", { "StreamViewType": "NEW_AND_OLD_IMAGES" }, "AWS::NoValue"])
    );
}

/// With `Journal` = `no`, the stack has nothing of the journal. Without a stream of an existing rules table, it has the table of the
/// journal, which must not leave the stack and come back.
#[test]
fn the_journal_is_behind_its_conditions() {
    let template = template();
    for (name, value) in [
        ("KeepsJournal", json!(["Journal", "yes"])),
        ("KnowsStream", json!(["MakesRulesTable", [["ExistingRulesTableStreamArn", ""]]])),
        ("WritesJournal", json!(["KeepsJournal", "KnowsStream"])),
        ("MissesStream", json!(["KeepsJournal", ["KnowsStream"]])),
    ] {
        assert_eq!(template["Conditions"][name], value, "{name}");
    }
    let parts = template["Resources"].as_object().unwrap().iter().filter(|(name, _)| name.contains("Journal"));
    let conditions: BTreeMap<&str, &str> =
        parts.map(|(name, part)| (name.as_str(), part["Condition"].as_str().unwrap_or("none"))).collect();
    assert!(conditions.len() >= 10, "{conditions:?}");
    for (name, condition) in conditions {
        assert_eq!(condition, if name == "JournalTable" { "KeepsJournal" } else { "WritesJournal" }, "{name}");
    }
    let outputs = template["Outputs"].as_object().unwrap().iter().filter(|(name, _)| name.starts_with("Journal"));
    let outputs: Vec<_> =
        outputs.map(|(name, output)| (name.as_str(), output["Condition"].as_str().unwrap())).collect();
    assert_eq!(
        outputs,
        [
            ("JournalFunctionName", "WritesJournal"),
            ("JournalIsOff", "MissesStream"),
            ("JournalQueueUrl", "WritesJournal"),
            ("JournalTableName", "KeepsJournal"),
        ]
    );
    // The dashboard exists always.
    let (_, dashboard) = resources(&template, "AWS::CloudWatch::Dashboard").remove(0);
    let body = dashboard["DashboardBody"][0].as_str().unwrap();
    assert!(!body.contains("${JournalFunction") && !body.contains("${JournalQueue}"), "{body}");
    assert_eq!(dashboard["DashboardBody"][1]["JournalName"], json!(["WritesJournal", "JournalFunction", "none"]));
}

/// Checks `SEARCH('{namespace,dimension,…} MetricName="name" dimension="value"', 'Sum', 60)`.
fn assert_search(expression: &str, known: &BTreeSet<Metric>) {
    let (schema, rest) = expression.strip_prefix("SEARCH('{").unwrap().split_once('}').unwrap();
    let (namespace, dimensions) = schema.split_once(',').unwrap();
    let dimensions: BTreeSet<&str> = dimensions.split(',').collect();
    let found = known.iter().any(|metric| {
        metric.namespace == namespace
            && metric.dimensions.keys().map(String::as_str).collect::<BTreeSet<_>>() == dimensions
            && rest.contains(&format!("MetricName=\"{}\"", metric.name))
    });
    assert!(found, "{expression}");
}

/// Returns the words of a query outside of texts, patterns and comments.
fn words(query: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for line in query.lines().filter(|line| !line.trim_start().starts_with('#')) {
        let mut word = String::new();
        let mut quote = None;
        for c in line.chars().chain([' ']) {
            match quote {
                Some(end) if c == end => quote = None,
                Some(_) => {}
                None if c.is_alphanumeric() || c == '_' || c == '@' => word.push(c),
                None => {
                    quote = matches!(c, '"' | '\'' | '/').then_some(c);
                    let is_name = word.starts_with(|c: char| c.is_alphabetic() || c == '@');
                    let done = std::mem::take(&mut word);
                    if is_name {
                        words.insert(done);
                    }
                }
            }
        }
    }
    words
}

/// Returns the names that a query defines.
fn aliases(query: &str) -> BTreeSet<String> {
    query
        .replace(" into ", " as ")
        .split(" as ")
        .skip(1)
        .map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
        .collect()
}

/// Returns the fields of the access log, from its format in the template.
fn access_fields(template: &Value) -> BTreeSet<String> {
    let (_, api) = resources(template, "AWS::Serverless::HttpApi").remove(0);
    let format: Value = serde_json::from_str(api["AccessLogSettings"]["Format"].as_str().unwrap()).unwrap();
    format.as_object().unwrap().keys().cloned().collect()
}

/// Returns all queries: the name of each, its log and its text.
fn queries(template: &Value) -> Vec<(String, String, String)> {
    let mut queries: Vec<_> = resources(template, "AWS::Logs::QueryDefinition")
        .into_iter()
        .map(|(_, query)| {
            let text = |name: &str| query[name].as_str().unwrap().to_owned();
            assert_eq!(query["LogGroupNames"].as_array().unwrap().len(), 1);
            (text("Name"), query["LogGroupNames"][0].as_str().unwrap().to_owned(), text("QueryString"))
        })
        .collect();
    for widget in dashboard(template)["widgets"].as_array().unwrap().iter().filter(|widget| widget["type"] == "log") {
        let query = widget["properties"]["query"].as_str().unwrap();
        let (source, query) = query.strip_prefix("SOURCE '${").unwrap().split_once("}' | ").unwrap();
        queries.push((widget["properties"]["title"].to_string(), source.to_owned(), query.to_owned()));
    }
    queries
}

#[tokio::test]
async fn every_field_of_a_query_is_logged() {
    let template = template();
    let records = fields(&lines().await);
    let access = access_fields(&template);
    let queries = queries(&template);
    assert!(queries.len() > 10);
    for (name, log, query) in queries {
        let logged = match log.as_str() {
            "HookLog" => &records,
            "AccessLog" => &access,
            other => panic!("{name}: {other}"),
        };
        // The index of a list element, and a record as one value.
        let query = query.replace("record.", "").replace(".0", "").replace(".1", "").replace(".2", "");
        let aliases = aliases(&query);
        let words = words(&query);
        let asked: Vec<_> = words
            .iter()
            .filter(|word| {
                !WORDS.contains(&word.as_str())
                    && !aliases.contains(*word)
                    && !["@timestamp", "@message"].contains(&word.as_str())
            })
            .collect();
        assert!(!asked.is_empty(), "{name}");
        for field in asked {
            assert!(logged.contains(field), "{name}: {log} has no {field}\nof {logged:?}");
        }
    }
}

#[tokio::test]
async fn caps_are_found_by_their_own_fields() {
    let lines = lines().await;
    let capped = decisions(&lines).into_iter().find(|record| record["rule"] == "once").expect("a cap reached");
    assert_eq!(
        (&capped["cap_max_calls"], &capped["cap_per"], &capped["cap_count_by"]),
        (&json!(1), &json!("24h"), &json!("callee"))
    );
    assert!(decisions(&lines).iter().any(|record| record["rule"] != "once" && record.get("cap_count_by").is_none()));
}

/// Reads a pattern such as `{ $.message = "decision" && $.http_status = 503 }`.
fn clauses(pattern: &str) -> Vec<(String, Value)> {
    let inside = pattern.trim().strip_prefix('{').unwrap().strip_suffix('}').unwrap();
    let clause = |clause: &str| {
        let (field, value) = clause.trim().strip_prefix("$.").unwrap().split_once(" = ").unwrap();
        (field.to_owned(), serde_json::from_str(value).unwrap())
    };
    inside.split("&&").map(clause).collect()
}

#[tokio::test]
async fn every_filter_of_the_log_finds_something() {
    let template = template();
    let lines = lines().await;
    let filters = resources(&template, "AWS::Logs::MetricFilter");
    for (name, filter) in filters.into_iter().chain(resources(&template, "AWS::Logs::SubscriptionFilter")) {
        let clauses = clauses(filter["FilterPattern"].as_str().unwrap());
        if filter["LogGroupName"] == "AccessLog" {
            let access = access_fields(&template);
            assert!(clauses.iter().all(|(field, value)| access.contains(field) && value.is_string()), "{name}");
            continue;
        }
        // The beginning of a message that only an old program writes.
        if let [(field, Value::String(text))] = clauses.as_slice()
            && let Some(start) = text.strip_suffix('*')
        {
            assert_eq!(field, "message", "{name}");
            assert!(
                include_str!("../src/handler.rs").contains(&format!("\"{start}")),
                "{name}: no message begins with {start}"
            );
            continue;
        }
        let found: Vec<_> =
            lines.iter().filter(|line| clauses.iter().all(|(field, value)| line[field.as_str()] == *value)).collect();
        assert!(!found.is_empty(), "{name} finds nothing");
        assert!(found.iter().all(|line| line.get("_aws").is_none()), "{name} finds metrics");
    }
}

#[test]
fn every_alarm_describes_what_to_do_and_sends_a_message() {
    let template = template();
    let on_dashboard = dashboard(&template)["widgets"][1]["properties"]["alarms"].to_string();
    for (name, alarm) in resources(&template, "AWS::CloudWatch::Alarm") {
        let full = alarm["AlarmName"].as_str().unwrap();
        let short = full.strip_prefix("${AWS::StackName}-").unwrap();
        assert!(LONGEST_STACK + 1 + short.len() <= 255, "{name}");
        let wakes = short.starts_with("now-");
        assert!(wakes || short.starts_with("day-"), "{name}");
        let description = alarm["AlarmDescription"].as_str().unwrap();
        assert!(description.ends_with(&format!("docs/visible.md#{short}")) && description.len() <= 1024, "{name}");
        assert!(PAGE.contains(&format!("\n### {short}\n")), "docs/visible.md has no section {short}");
        // The stack's topic, or one that exists already.
        let topic = json!([["MakesTopic", "AlarmTopic", "AlarmTopicArn"]]);
        assert_eq!(alarm["AlarmActions"], topic, "{name}");
        assert_eq!(alarm["OKActions"], if wakes { topic } else { Value::Null }, "{name}");
        assert_eq!(alarm.get("ActionsEnabled"), None, "{name}");
        assert!(alarm["TreatMissingData"].is_string(), "{name}");
        // CloudWatch accepts whole minutes only, and evaluates a day at most.
        let period = alarm["Period"]
            .as_u64()
            .or_else(|| alarm["Metrics"].as_array()?.iter().find_map(|metric| metric["MetricStat"]["Period"].as_u64()));
        let period = period.unwrap();
        assert_eq!(period % 60, 0, "{name}");
        if let Some(periods) = alarm["EvaluationPeriods"].as_u64() {
            assert!(period * periods <= 86_400, "{name}");
        }
        let conditional = template["Resources"][name].get("Condition").is_some();
        assert_eq!(on_dashboard.contains(&format!("${{{name}.Arn}}")), !conditional, "{name}");
    }
}

/// Compares the alarms, logs and queries of a stack with a snapshot, so that none of them changes or disappears by mistake.
#[test]
fn alarms_logs_and_queries_are_those_of_the_snapshot() {
    let template = template();
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let parameters = template["Parameters"].as_object().unwrap().iter().map(|(name, parameter)| {
        let default = parameter.get("Default").map_or_else(|| "required".to_owned(), &plain);
        format!("{name}: {default}")
    });
    let alarms = resources(&template, "AWS::CloudWatch::Alarm").into_iter().map(|(_, alarm)| {
        let what = match alarm["Metrics"].as_array() {
            Some(metrics) => {
                let parts = metrics.iter().filter_map(|metric| {
                    let (id, stat) = (plain(&metric["Id"]), metric.get("MetricStat")?);
                    let name = plain(&stat["Metric"]["MetricName"]);
                    Some(format!("{id} is the {} of {name} in {} s", plain(&stat["Stat"]), stat["Period"]))
                });
                format!("{}, where {}", plain(&metrics[0]["Expression"]), parts.collect::<Vec<_>>().join(", "))
            }
            None => {
                let statistic = alarm.get("Statistic").or(alarm.get("ExtendedStatistic")).unwrap();
                format!("{} of {} in {} s", plain(statistic), plain(&alarm["MetricName"]), alarm["Period"])
            }
        };
        format!(
            "{}: {what}: {} {}, {} periods of {}; missing data is {}",
            plain(&alarm["AlarmName"]).trim_start_matches("${AWS::StackName}-"),
            plain(&alarm["ComparisonOperator"]),
            plain(&alarm["Threshold"]),
            plain(&alarm["DatapointsToAlarm"]),
            plain(&alarm["EvaluationPeriods"]),
            plain(&alarm["TreatMissingData"]),
        )
    });
    let logs = resources(&template, "AWS::Logs::LogGroup").into_iter();
    let logs = logs.map(|(name, log)| format!("{name} for {} days", plain(&log["RetentionInDays"])));
    let buckets = resources(&template, "AWS::S3::Bucket").into_iter().map(|(name, bucket)| {
        let rule = &bucket["LifecycleConfiguration"]["Rules"][0];
        let days = plain(&rule["ExpirationInDays"]);
        let gone = &rule["NoncurrentVersionExpiration"]["NoncurrentDays"];
        format!("{name} for {days} days, and {gone} days after a deletion")
    });
    let queries = resources(&template, "AWS::Logs::QueryDefinition").into_iter();
    let queries = queries.map(|(_, query)| plain(&query["Name"]).trim_start_matches("${AWS::StackName}/").to_owned());
    let mut text = String::new();
    for (title, lines) in [
        ("parameters with their defaults", parameters.collect::<BTreeSet<_>>()),
        ("alarms", alarms.collect()),
        ("logs and buckets", logs.chain(buckets).collect()),
        ("saved queries", queries.collect()),
    ] {
        let lines: String = lines.into_iter().map(|line| format!("  {line}\n")).collect();
        text += &format!("{title}\n{lines}");
    }
    insta::assert_snapshot!(text);
}

#[test]
fn the_page_names_every_saved_query() {
    for (_, query) in resources(&template(), "AWS::Logs::QueryDefinition") {
        let name = query["Name"].as_str().unwrap().strip_prefix("${AWS::StackName}/").unwrap();
        assert!(PAGE.contains(&format!("`{name}`")), "docs/visible.md does not name {name}");
    }
}

/// Compares the columns of the table that docs/visible.md creates for the export with the fields of the record.
#[tokio::test]
async fn the_table_of_the_export_has_the_columns_of_the_record() {
    let (_, table) = PAGE.split_once("CREATE EXTERNAL TABLE").unwrap();
    let (columns, _) = table.split_once("\n)").unwrap();
    let columns: BTreeMap<&str, &str> = columns
        .lines()
        .filter_map(|line| {
            let (name, kind) = line.trim().trim_end_matches(',').split_once(' ')?;
            Some((name.trim_matches('`'), kind)).filter(|_| line.starts_with("  "))
        })
        .collect();
    let lines = lines().await;
    for record in decisions(&lines) {
        for (field, value) in record.as_object().unwrap() {
            let kind = columns.get(field.as_str()).unwrap_or_else(|| panic!("the table has no column {field}"));
            let fits = match *kind {
                "string" => value.is_string(),
                "array<string>" => value.as_array().is_some_and(|values| values.iter().all(Value::is_string)),
                "boolean" => value.is_boolean(),
                "int" | "bigint" => value.is_i64() || value.is_u64(),
                "double" => value.is_number(),
                other => panic!("{field} is of type {other}"),
            };
            assert!(fits, "{field} is no {kind}: {value}");
        }
    }
}

/// The tables that precall and the tests create have the same keys and the same expiry as those of the stack.
#[test]
fn the_tables_schema_is_that_of_the_template() {
    let template = template();
    let tables = resources(&template, "AWS::DynamoDB::Table");
    let assert_same = |name: &str, schema: TableSchema| {
        let (_, properties) = tables.iter().find(|(table, _)| *table == name).unwrap();
        let keys: Vec<Value> =
            schema.keys().map(|(name, kind)| json!({ "AttributeName": name, "KeyType": kind.as_str() })).collect();
        let types: Vec<Value> =
            schema.key_attributes().map(|name| json!({ "AttributeName": name, "AttributeType": "S" })).collect();
        assert_eq!(properties["KeySchema"], json!(keys), "{name}");
        assert_eq!(properties["AttributeDefinitions"], json!(types), "{name}");
        let expiry = json!({ "AttributeName": schema.expiry(), "Enabled": true });
        assert_eq!(properties["TimeToLiveSpecification"], expiry, "{name}");
        assert_eq!(properties.get("StreamSpecification").is_some(), schema.has_stream(), "{name}");
        let indexes: Vec<Value> = schema
            .index()
            .into_iter()
            .map(|index| {
                let keys: Vec<Value> = index
                    .keys()
                    .map(|(name, kind)| json!({ "AttributeName": name, "KeyType": kind.as_str() }))
                    .collect();
                json!({ "IndexName": index.name, "KeySchema": keys, "Projection": { "ProjectionType": "ALL" } })
            })
            .collect();
        assert_eq!(properties["GlobalSecondaryIndexes"].as_array().cloned().unwrap_or_default(), indexes, "{name}");
    };
    assert_same("RulesTable", TableSchema::RULES);
    assert_same("AttemptsTable", TableSchema::ATTEMPTS);
    assert_same("JournalTable", TableSchema::JOURNAL);
    for name in ["RulesTable", "JournalTable"] {
        let recovery = &template["Resources"][name]["Properties"]["PointInTimeRecoverySpecification"];
        assert_eq!(recovery, &json!({ "PointInTimeRecoveryEnabled": true }), "{name}");
    }
}
