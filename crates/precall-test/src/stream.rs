//! The stream of a rules table: its records as DynamoDB returns them, and events of Lambda that have such records.

use precall_hook::store::TableSchema;
use serde_json::{Map, Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::dynamodb::{DynamoDb, create_table};

/// The instant of the records that [`record`] returns, in seconds since 1970: 2026-11-28T05:10:12Z.
pub const AT: i64 = 1_795_842_612;

/// A header that DynamoDB Local accepts. It checks the form, but not the signature.
const AUTHORIZATION: &str = "AWS4-HMAC-SHA256 Credential=test/20261128/us-east-1/dynamodb/aws4_request, \
     SignedHeaders=host, Signature=0";

/// Returns an event of Lambda with these records.
pub fn event(records: &[Value]) -> Value {
    json!({ "Records": records })
}

/// Returns a record as Lambda gets it, of a change of an item from one image to the other. Images are in DynamoDB's JSON, without
/// their keys.
pub fn record(sequence: u64, number: &str, rule: &str, before: Option<Value>, after: Option<Value>) -> Value {
    let keys = json!({ "number": { "S": number }, "rule": { "S": rule } });
    let name = match (&before, &after) {
        (None, _) => "INSERT",
        (_, None) => "REMOVE",
        _ => "MODIFY",
    };
    let mut stream = json!({
        "ApproximateCreationDateTime": AT, "Keys": keys, "SequenceNumber": sequence_number(sequence), "SizeBytes": 100,
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    });
    for (side, image) in [("OldImage", before), ("NewImage", after)] {
        let whole = image.map(|image| {
            let mut whole: Map<String, Value> = keys.as_object().unwrap().clone();
            whole.extend(image.as_object().unwrap().clone());
            whole
        });
        stream.as_object_mut().unwrap().extend(whole.map(|whole| (side.to_owned(), Value::Object(whole))));
    }
    json!({
        "eventID": format!("{sequence:032x}"), "eventName": name, "eventVersion": "1.1", "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1", "dynamodb": stream,
        "eventSourceARN": "arn:aws:dynamodb:us-east-1:000000000000:table/rules/stream/2026-11-28T00:00:00.000",
    })
}

/// Returns a sequence number with as many digits as those of DynamoDB on AWS.
pub fn sequence_number(nth: u64) -> String {
    format!("{}{nth:08}", 4_421_584_500_u64)
}

/// Creates an empty journal table for a rules table, and returns its name.
pub async fn create_journal(dynamodb: &DynamoDb) -> String {
    let name = format!("journal-of-{}", dynamodb.table);
    create_table(TableSchema::JOURNAL, &dynamodb.client, &name).await;
    name
}

/// Returns all records of the stream of the rules table, by shard. DynamoDB Local needs a moment until a change is in the stream,
/// so the records are read until they are this many.
pub async fn records(dynamodb: &DynamoDb, expected: usize) -> Vec<Value> {
    let table = dynamodb.client.describe_table().table_name(&dynamodb.table).send().await.unwrap();
    let arn = table.table.unwrap().latest_stream_arn.expect("a table with a stream");
    for _ in 0..100 {
        let mut records = Vec::new();
        let described = request(dynamodb, "DescribeStream", &json!({ "StreamArn": arn })).await;
        for shard in described["StreamDescription"]["Shards"].as_array().unwrap() {
            records.extend(records_of_shard(dynamodb, &arn, &shard["ShardId"]).await);
        }
        if records.len() >= expected {
            assert_eq!(records.len(), expected, "more changes than were made");
            return records;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the stream has fewer than {expected} records");
}

async fn records_of_shard(dynamodb: &DynamoDb, arn: &str, shard: &Value) -> Vec<Value> {
    let start = json!({ "StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON" });
    let mut iterator = request(dynamodb, "GetShardIterator", &start).await["ShardIterator"].take();
    let mut records = Vec::new();
    while iterator.is_string() {
        let mut page = request(dynamodb, "GetRecords", &json!({ "ShardIterator": iterator })).await;
        let Value::Array(found) = page["Records"].take() else { panic!("{page}") };
        // An open shard has no end, but no records after an empty page.
        if found.is_empty() {
            break;
        }
        records.extend(found);
        iterator = page["NextShardIterator"].take();
    }
    records
}

/// Sends a request to the store's DynamoDB Streams, and returns its answer. The tests have no SDK for this service.
async fn request(dynamodb: &DynamoDb, operation: &str, body: &Value) -> Value {
    let body = body.to_string();
    let head = format!(
        "POST / HTTP/1.0\r\nhost: {}\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: {}\r\n\
         x-amz-target: DynamoDBStreams_20120810.{operation}\r\nx-amz-date: 20261128T000000Z\r\n\
         authorization: {AUTHORIZATION}\r\n\r\n",
        dynamodb.address(),
        body.len(),
    );
    let mut stream = TcpStream::connect(dynamodb.address()).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body.as_bytes()).await.unwrap();
    // A server of HTTP/1.0 closes the connection after its answer, and does not divide it into chunks.
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.lines().next().unwrap().contains(" 200"), "{operation}: {answer}");
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{operation}: {error}: {answer}"))
}
