//! The handler, which answers each request within the time budget.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use jiff::Timestamp;
use lambda_http::http::{HeaderValue, Method, Response, StatusCode, header};
use precall::calling_hours::{CallingHours, MAX_DATA_AGE_DAYS};
use precall::number::NumberRepair;
use precall::place::{MAX_NUMBERING_AGE_DAYS, numbering_age_days, numbering_date};
use precall::{Answer, Call, Number, Unknown, error_json};
use tokio::task::JoinHandle;

use crate::caller::Caller;
use crate::decision_service::{Decided, DecisionService, Purpose};
use crate::log::{DecisionRecord, Mask, metrics, severity};
use crate::request::{Query, Request};
use crate::rule_cache::RuleCache;
use crate::rules_watch::RulesWatch;
use crate::settings::{Auth, LogKeys, Settings};
use crate::store::{AttemptsTable, RulesTable};

/// The header that carries the id of the decision record.
pub const DECISION_ID: &str = "x-precall-decision-id";

/// The header that carries the first instant at which a rejected call would be let through.
pub const NEXT_OPEN: &str = "x-precall-next-open";

/// Answers requests for decisions.
#[derive(Debug)]
pub struct Handler {
    settings: Arc<Settings>,
    service: DecisionService,
    rules_watch: Arc<RulesWatch>,
    mask: Mask,
    is_warm: AtomicBool,
}

/// The call of a request, and what was left out of its numbers.
#[derive(Debug, Clone)]
pub struct ReadCall {
    /// The call.
    pub call: Call,
    /// The text of a caller that is neither a number nor withheld. The call is decided as one without a caller's number.
    pub unreadable_caller: Option<String>,
    /// The parts of the callee and the caller that were left out.
    pub repairs: Vec<(&'static str, NumberRepair)>,
}

/// A request that carries no call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status: 400, 401 or 405.
    pub http_status: u16,
    /// The cause in one word, for logs and metrics.
    pub cause: &'static str,
    /// The error, for the person who reads the answer. It never repeats a value of the request.
    pub message: String,
}

impl Refusal {
    fn new(http_status: u16, cause: &'static str, message: impl Into<String>) -> Self {
        Self { http_status, cause, message: message.into() }
    }
}

/// The HTTP answer before its headers.
struct HttpAnswer {
    status: u16,
    body: String,
    answer: Option<Answer>,
}

/// Reads the calling-hours table, so that no call waits for it, and warns if it or the tables of area codes are old. It runs in
/// parallel with the rest of the start of a process.
pub fn load_calling_hours() {
    let hours = CallingHours::embedded();
    let age = hours.age_days(now()).filter(|days| *days > MAX_DATA_AGE_DAYS);
    if let (Some(date), Some(days)) = (hours.data_date(), age) {
        tracing::warn!(%date, days, "the table of calling hours is old; look for a newer version");
    }
    if let Some(days) = numbering_age_days(now()).filter(|days| *days > MAX_NUMBERING_AGE_DAYS) {
        let date = numbering_date();
        tracing::warn!(%date, days, "the tables of area codes are old; look for a newer version");
    }
}

impl Handler {
    /// Returns a handler that uses the rules table, and the attempts table in the same DynamoDB.
    pub fn new(rules: RulesTable, settings: Settings) -> Self {
        let settings = Arc::new(settings);
        let attempts = AttemptsTable::new(rules.client().clone(), &settings.attempts_table);
        Self {
            rules_watch: RulesWatch::new(rules.clone(), Arc::clone(&settings)),
            service: DecisionService::new(rules, attempts, Arc::clone(&settings)),
            mask: Mask::new(&settings),
            settings,
            is_warm: AtomicBool::new(false),
        }
    }

    /// Returns the cache of rules.
    pub fn rules(&self) -> &RuleCache {
        self.service.rules()
    }

    /// Returns the service that decides calls.
    pub fn service(&self) -> &DecisionService {
        &self.service
    }

    /// Returns the settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Looks at the number of rules that calls use now, and reports it from time to time. Returns the task that looks at the
    /// table, if one was started. No call waits for it.
    pub fn watch_rules(&self) -> Option<JoinHandle<()>> {
        self.rules_watch.observe(self.rules().last_wildcard()?)
    }

    /// Answers a request within the time budget, and writes its record and metrics.
    pub async fn answer(&self, request: &Request) -> Response<String> {
        let (response, record) = self.respond(request).await;
        self.write(&record);
        response
    }

    /// Writes the record and the metrics of an answer.
    pub fn write(&self, record: &DecisionRecord) {
        record.write();
        if self.settings.metrics {
            metrics::write(record);
        }
        drop(self.watch_rules());
    }

    /// Answers a request within the time budget. The caller writes the record.
    pub async fn respond(&self, request: &Request) -> (Response<String>, DecisionRecord) {
        let began = Instant::now();
        let at = now();
        let mut record = self.new_record(request, at);
        let answer = match self.read_call(request, at) {
            Ok(read) => {
                record.describe_numbers(read.unreadable_caller.as_deref(), &read.repairs, &self.mask);
                self.decide(&read.call, &mut record).await
            }
            Err(refusal) => refused(refusal, &mut record),
        };
        record.http_status = answer.status;
        if let Some(answer) = &answer.answer {
            record.status = answer.status();
            (record.code, record.reason) = match answer {
                Answer::Proceed => (None, None),
                Answer::Reject { code, reason } => (Some(code.clone()), Some(self.mask.text(reason))),
                Answer::ChangeDestination { number } => (self.mask.number(number), None),
            };
        }
        if self.settings.log_keys == LogKeys::Google {
            record.severity = Some(severity(record.level));
            let named = record.trace_id.as_ref().zip(self.settings.google_project.as_ref());
            record.google_trace = named.map(|(trace, project)| format!("projects/{project}/traces/{trace}"));
        }
        record.duration_ms = (began.elapsed().as_secs_f64() * 1e6).round() / 1e3;
        (response(answer, &record), record)
    }

    /// Reads the call of a request, after authenticating its client.
    ///
    /// # Errors
    /// The method, the key or the callee cannot be used.
    pub fn read_call(&self, request: &Request, at: Timestamp) -> Result<ReadCall, Refusal> {
        if !matches!(request.method, Method::GET | Method::POST) {
            return Err(Refusal::new(405, "method", "only GET and POST ask for a decision"));
        }
        let query = &request.query;
        let client = match &self.settings.auth {
            Auth::None => None,
            Auth::Keys(keys) => match single(query, "code")? {
                None => return Err(Refusal::new(401, "no_key", "no API key; add code=<API key> to the query")),
                Some(key) => {
                    let unknown =
                        || Refusal::new(401, "unknown_key", "unknown API key; check code=<API key> in the query");
                    Some(keys.name_of(key).ok_or_else(unknown)?)
                }
            },
        };
        let to = match single(query, "to")? {
            None => return Err(Refusal::new(400, "no_callee", "no callee; add to=%2B13155550100 to the query")),
            Some(value) => Number::read_query(value)
                .map_err(|error| Refusal::new(400, "bad_callee", format!("`to` is {error}")))?,
        };
        let from = Caller::read(query.all("from"));
        let of_callee = to.repairs.into_iter().map(|repair| ("to", repair));
        let of_caller = from.repairs.into_iter().map(|repair| ("from", repair));
        Ok(ReadCall {
            call: Call { from: from.number, to: to.number, client, at, redirected: false },
            unreadable_caller: from.unreadable,
            repairs: of_callee.chain(of_caller).collect(),
        })
    }

    fn new_record(&self, request: &Request, at: Timestamp) -> DecisionRecord {
        DecisionRecord {
            at,
            timestamp: format!("{at:.3}"),
            level: "INFO",
            message: "decision",
            service: self.settings.service.clone(),
            decision_id: uuid::Uuid::now_v7().to_string(),
            function_request_id: request.trace.function_request_id.clone(),
            xray_trace_id: request.trace.xray_root().map(str::to_owned),
            trace_id: request.trace.id(&request.headers),
            cold_start: !self.is_warm.swap(true, Ordering::Relaxed),
            ..DecisionRecord::default()
        }
    }

    async fn decide(&self, call: &Call, record: &mut DecisionRecord) -> HttpAnswer {
        record.client = call.client.as_deref().map(str::to_owned);
        record.to = self.mask.number(&call.to);
        record.to_hash = self.mask.hash(&call.to);
        record.from = call.from.as_ref().and_then(|from| self.mask.number(from));
        record.from_hash = call.from.as_ref().and_then(|from| self.mask.hash(from));

        // Only the last part of the id, which is random: it is short, and an item can keep thousands of ids.
        let id = record.decision_id.rsplit('-').next().unwrap_or_default().to_owned();
        let deciding = self.service.decide(call, Purpose::Place(&id), |decided| self.conclude(record, decided));
        // On the heap: the future is large.
        match Box::pin(deciding).await {
            Ok(answer) => answer,
            Err(error) => self.unknown(record, error.kind.as_str(), &error.to_string()),
        }
    }

    /// Returns the answer of a decision.
    fn conclude(&self, record: &mut DecisionRecord, decided: &Decided<'_>) -> HttpAnswer {
        let decision = &decided.decision;
        record.describe(decision, &decided.reads, &self.mask);
        match decision.answer() {
            Ok(answer) => http_answer(answer),
            Err(Unknown::InvalidItem(_)) => self.unknown(record, "invalid_rule", &decision.because()),
            // The service reads all rules that a decision needs, and returns the error if it cannot.
            Err(Unknown::Unread | Unknown::Unreadable(_)) => self.unknown(record, "broken", &decision.because()),
        }
    }

    /// Returns the answer to an unknown decision, by the policy in `PRECALL_ON_ERROR`.
    fn unknown(&self, record: &mut DecisionRecord, cause: &'static str, detail: &str) -> HttpAnswer {
        record.level = "WARN";
        record.decided_by = Some("on_error");
        record.status = "UNKNOWN";
        record.cause = Some(cause);
        record.cause_detail = Some(self.mask.text(detail));
        self.settings
            .on_error
            .answer()
            .map_or_else(|| HttpAnswer { status: 503, body: unknown_json(cause), answer: None }, http_answer)
    }
}

/// Returns the body of the 503 to a call whose decision is unknown. `cause` is that of the decision record.
pub fn unknown_json(cause: &str) -> String {
    error_json(&format!("decision unknown: {cause}"))
}

fn refused(refusal: Refusal, record: &mut DecisionRecord) -> HttpAnswer {
    let body = error_json(&refusal.message);
    record.level = "WARN";
    record.status = "REFUSED";
    record.cause = Some(refusal.cause);
    record.cause_detail = Some(refusal.message);
    HttpAnswer { status: refusal.http_status, body, answer: None }
}

fn response(answer: HttpAnswer, record: &DecisionRecord) -> Response<String> {
    let mut response = json_response(answer.status, answer.body);
    let headers = [(DECISION_ID, Some(&record.decision_id)), (NEXT_OPEN, record.next_open.as_ref())];
    for (name, value) in headers {
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
            response.headers_mut().insert(name, value);
        }
    }
    if answer.status == 405 {
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, POST"));
    }
    response
}

/// Returns an answer with a JSON body. It has a header that forbids caching.
pub fn json_response(status: u16, body: String) -> Response<String> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Returns the current time to the millisecond, the precision of stored attempts.
fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

fn http_answer(answer: Answer) -> HttpAnswer {
    HttpAnswer { status: 200, body: answer.to_json(), answer: Some(answer) }
}

/// Returns the only value of a parameter, and an error if there are several.
fn single<'q>(query: &'q Query, name: &str) -> Result<Option<&'q str>, Refusal> {
    match query.all(name) {
        [] => Ok(None),
        [value] => Ok(Some(value)),
        _ => Err(Refusal::new(400, "duplicate", format!("`{name}` is there more than once; send it once"))),
    }
}
