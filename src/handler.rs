//! The hook: a request in, an answer out, always and in time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use jiff::Timestamp;
use lambda_http::aws_lambda_events::query_map::QueryMap;
use lambda_http::http::{HeaderValue, Method, Response, header};
use lambda_http::{Body, Request, RequestExt};
use tokio::time::timeout;

use crate::decision_service::{Judge, Judged, Purpose};
use crate::event::json_response;
use crate::log::metrics;
use crate::log::record::{self, Mask, Record};
use crate::rule_cache::{Lookup, Read};
use crate::settings::{Auth, LogKeys, Settings};
use crate::store::attempts_table::Attempts;
use crate::store::rules_table::Store;
use precall::answer::{self, Decision};
use precall::calling_hours::{OLD_AFTER_DAYS, Table};
use precall::evaluation::evaluate::{Call, Ruling};
use precall::number::{self, Number};
use precall::rule::Key;

/// The header that carries the id of the decision record.
pub const DECISION_ID: &str = "x-precall-decision-id";

/// Most rules that a record names in one of its lists.
const MOST_LISTED: usize = 20;

/// Most of the callee's clocks that a record shows.
const MOST_CLOCKS: usize = 4;

/// Answers requests for decisions.
#[derive(Debug)]
pub struct Hook {
    settings: Arc<Settings>,
    judge: Judge,
    mask: Mask,
    warm: AtomicBool,
}

/// A request that carries no call: the HTTP status, a word for metrics, and what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// 400, 401 or 405.
    pub http_status: u16,
    /// In one word.
    pub cause: &'static str,
    /// For the person who reads the answer; never a value of the request.
    pub message: String,
}

impl Refusal {
    fn new(http_status: u16, cause: &'static str, message: impl Into<String>) -> Self {
        Self { http_status, cause, message: message.into() }
    }
}

/// What is sent, and what the record says of it.
struct Answer {
    http_status: u16,
    body: String,
    decision: Option<Decision>,
}

/// Reads the table of calling hours, so that no call waits for it, and warns when it is old. For the start of a
/// process, beside whatever else that waits for.
pub fn look_at_hours() {
    let hours = Table::embedded();
    if let (Some(date), Some(days)) = (hours.data_date(), hours.age_days(now()).filter(|days| *days > OLD_AFTER_DAYS)) {
        tracing::warn!(%date, days, "the table of calling hours is old; look for a newer version");
    }
}

impl Hook {
    /// A hook on a store.
    pub fn new(store: Store, settings: Settings) -> Self {
        let settings = Arc::new(settings);
        let attempts = Attempts::new(store.client().clone(), &settings.attempts_table);
        let lookup = Lookup::new(store, Arc::clone(&settings));
        Self {
            judge: Judge::new(lookup, attempts, settings.default.clone()),
            mask: Mask::new(&settings),
            settings,
            warm: AtomicBool::new(false),
        }
    }

    /// Where rules come from.
    pub fn lookup(&self) -> &Lookup {
        self.judge.lookup()
    }

    /// What judges calls.
    pub fn judge(&self) -> &Judge {
        &self.judge
    }

    /// The settings in force.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Answers a request within the time budget, and writes its record and metrics.
    pub async fn answer(&self, request: Request) -> Response<Body> {
        let (response, record) = self.respond(request).await;
        self.write(&record);
        response
    }

    /// Writes the record and the metrics of an answer.
    pub fn write(&self, record: &Record) {
        record.write();
        if self.settings.metrics {
            metrics::write(record);
        }
    }

    /// Answers a request within the time budget; the record is the caller's to write.
    pub async fn respond(&self, request: Request) -> (Response<Body>, Record) {
        let began = Instant::now();
        let at = now();
        let mut record = self.new_record(&request, at);
        let answer = match self.read_call(&request, at) {
            Ok(call) => self.decide(&call, &mut record).await,
            Err(refusal) => {
                record.level = "WARN";
                record.status = "REFUSED";
                record.cause = Some(refusal.cause);
                record.cause_detail = Some(refusal.message.clone());
                Answer { http_status: refusal.http_status, body: answer::error_json(&refusal.message), decision: None }
            }
        };
        record.http_status = answer.http_status;
        if let Some(decision) = &answer.decision {
            record.status = decision.status();
            (record.code, record.reason) = match decision {
                Decision::Proceed => (None, None),
                Decision::Reject { code, reason } => (Some(code.clone()), Some(self.mask.text(reason))),
                Decision::ChangeDestination { number } => (self.mask.number(number), None),
            };
        }
        if self.settings.log_keys == LogKeys::Google {
            record.severity = Some(record::severity(record.level));
            let named = record.trace_id.as_ref().zip(self.settings.google_project.as_ref());
            record.google_trace = named.map(|(trace, project)| format!("projects/{project}/traces/{trace}"));
        }
        record.duration_ms = (began.elapsed().as_secs_f64() * 1e6).round() / 1e3;

        let mut response = json_response(answer.http_status, answer.body);
        if let Ok(id) = HeaderValue::from_str(&record.decision_id) {
            response.headers_mut().insert(DECISION_ID, id);
        }
        if answer.http_status == 405 {
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, POST"));
        }
        (response, record)
    }

    /// Reads the call that a request asks about, after authenticating its client.
    ///
    /// # Errors
    /// When the method, the key or a number cannot be used.
    pub fn read_call(&self, request: &Request, at: Timestamp) -> Result<Call, Refusal> {
        if !matches!(*request.method(), Method::GET | Method::POST) {
            return Err(Refusal::new(405, "method", "only GET and POST ask for a decision"));
        }
        let query = request.query_string_parameters();
        let client = match &self.settings.auth {
            Auth::None => None,
            Auth::Keys(keys) => match single(&query, "code")? {
                None => return Err(Refusal::new(401, "no_key", "no API key; add code=<API key> to the query")),
                Some(key) => {
                    let unknown =
                        || Refusal::new(401, "unknown_key", "unknown API key; check code=<API key> in the query");
                    Some(keys.name_of(key).ok_or_else(unknown)?)
                }
            },
        };
        let to = match single(&query, "to")? {
            None => return Err(Refusal::new(400, "no_callee", "no callee; add to=%2B13155550100 to the query")),
            Some(value) => Number::from_query(value)
                .map_err(|error| Refusal::new(400, "bad_callee", format!("`to` is {error}")))?,
        };
        let from = match single(&query, "from")? {
            Some(value) if !number::is_withheld(value) => Some(
                Number::from_query(value)
                    .map_err(|error| Refusal::new(400, "bad_caller", format!("`from` is {error}")))?,
            ),
            _ => None,
        };
        Ok(Call { from, to, client, at, redirected: false })
    }

    fn new_record(&self, request: &Request, at: Timestamp) -> Record {
        let context = request.lambda_context_ref();
        Record {
            at,
            timestamp: format!("{at:.3}"),
            level: "INFO",
            message: "decision",
            service: self.settings.service.clone(),
            decision_id: uuid::Uuid::now_v7().to_string(),
            function_request_id: context.map(|context| context.request_id.clone()),
            xray_trace_id: context.and_then(|context| context.xray_trace_id.clone()),
            trace_id: match context.and_then(|context| context.xray_trace_id.as_deref()) {
                Some(xray) => trace_id_of_xray(xray),
                None => request.headers().get("traceparent").and_then(|parent| trace_id(parent.to_str().ok()?)),
            },
            cold_start: !self.warm.swap(true, Ordering::Relaxed),
            ..Record::default()
        }
    }

    async fn decide(&self, call: &Call, record: &mut Record) -> Answer {
        record.client = call.client.as_deref().map(str::to_owned);
        record.to = self.mask.number(&call.to);
        record.to_hash = self.mask.hash(&call.to);
        record.from = call.from.as_ref().and_then(|from| self.mask.number(from));
        record.from_hash = call.from.as_ref().and_then(|from| self.mask.hash(from));

        // Its last part, which is random; attempts are kept by the thousand.
        let id = record.decision_id.rsplit('-').next().unwrap_or_default().to_owned();
        let purpose = Purpose::Place(&id);
        let judging = self.judge.judge(call, purpose, |judged| self.conclude(record, judged));
        match timeout(self.settings.budget.deadline, judging).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => self.unknown(record, error.cause.as_str(), &error.to_string()),
            Err(_) => self.unknown(record, "deadline", "the store did not answer in time"),
        }
    }

    /// The answer of a judgement.
    fn conclude(&self, record: &mut Record, judged: &Judged<'_>) -> Answer {
        self.describe(record, judged);
        let judgement = &judged.judgement;
        match judgement.ruling() {
            Ruling::Rule(rule, _) => {
                record.decided_by = Some("rule");
                record.rule = Some(self.mask.text(&rule.key.rule));
                record.rule_number = Some(self.mask.text(&rule.key.number));
                record.priority = Some(rule.priority);
                record.repairs = joined(rule.repairs.iter().map(|repair| self.mask.text(repair)));
            }
            Ruling::NoRule => record.decided_by = Some("default"),
            Ruling::Unknown(item) => {
                let reasons = item.reasons.join("; ");
                return self.unknown(
                    record,
                    "invalid_rule",
                    &format!("rule `{}` of this callee is invalid: {reasons}", item.key.rule),
                );
            }
        }
        decided(judgement.decision(&self.settings.default).unwrap_or_else(|| self.settings.default.clone()))
    }

    /// The answer when the decision is unknown.
    fn unknown(&self, record: &mut Record, cause: &'static str, detail: &str) -> Answer {
        record.level = "WARN";
        record.decided_by = Some("on_error");
        record.status = "UNKNOWN";
        record.cause = Some(cause);
        record.cause_detail = Some(self.mask.text(detail));
        self.settings.on_error.decision().map_or_else(
            || Answer {
                http_status: 503,
                body: answer::error_json(&format!("decision unknown: {cause}")),
                decision: None,
            },
            decided,
        )
    }

    fn describe(&self, record: &mut Record, judged: &Judged<'_>) {
        let name = |key: &Key| self.mask.text(&key.rule);
        let age = |read: Read| u64::try_from(read.age.as_millis()).unwrap_or(u64::MAX);
        let judgement = &judged.judgement;
        let verdict = &judgement.verdict;
        // Of a redirect, the screening is what remains to be told: the redirect itself won over the rest.
        let last = judgement.screening.as_ref().unwrap_or(verdict);
        if let (Ruling::Rule(rule, _), Some(_)) = (verdict.ruling, &judgement.screening) {
            record.redirected_by = Some(name(&rule.key));
        }
        if let Ruling::Rule(rule, _) = judgement.ruling() {
            let is_screening = judgement.screening.as_ref().is_some_and(|screening| match screening.ruling {
                Ruling::Rule(own, _) => std::ptr::eq(own, rule),
                _ => false,
            });
            let because = rule.conditions.because(if is_screening { &last.context } else { &verdict.context });
            let sources = Table::embedded().rows().iter().map(|row| row.source.as_str());
            record.because = (!because.is_empty()).then(|| self.mask.text_but(&because, sources));
        }
        record.callee_place = Some(self.mask.text(&last.context.describe_place()));
        record.callee_clock = joined(last.context.callee().clocks.iter().take(MOST_CLOCKS).map(ToString::to_string));
        record.hours_data = last.context.table().data_date().map(|date| date.to_string());
        record.rules_looked_at = Some(verdict.looked_at);
        record.outranked = listed(verdict.outranked.iter().map(|rule| name(&rule.key)));
        record.shadow_rules = listed(verdict.shadows.iter().map(|rule| name(&rule.key)));
        record.invalid_rules = Some(verdict.invalid.len());
        record.invalid_reasons = listed(
            verdict
                .invalid
                .iter()
                .map(|item| format!("{}: {}", name(&item.key), self.mask.text(&item.reasons.join("; ")))),
        );
        let reads = judged.found.reads;
        record.callee_source = Some(reads.callee.source.as_str());
        record.caller_source = reads.caller.map(|read| read.source.as_str());
        record.caller_age_ms = reads.caller.map(age);
        record.any_source = Some(reads.any.source.as_str());
        record.any_age_ms = Some(age(reads.any));
    }
}

/// The trace id of a W3C `traceparent`: `00-<32 hex digits>-<16>-<2>`.
fn trace_id(traceparent: &str) -> Option<String> {
    trace_id_of_hex(traceparent.split('-').nth(1)?)
}

/// The same trace as `OpenTelemetry` has it, of an X-Ray header: `Root=1-<8 hex digits>-<24 hex digits>;Parent=…`.
fn trace_id_of_xray(header: &str) -> Option<String> {
    let root = header.split(';').find_map(|part| part.trim().strip_prefix("Root=1-"))?;
    trace_id_of_hex(&root.replacen('-', "", 1))
}

fn trace_id_of_hex(id: &str) -> Option<String> {
    let is_id = id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()) && id.bytes().any(|b| b != b'0');
    is_id.then(|| id.to_ascii_lowercase())
}

/// To the millisecond, as attempts are kept.
fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

fn decided(decision: Decision) -> Answer {
    Answer { http_status: 200, body: decision.to_json(), decision: Some(decision) }
}

/// The one value of a parameter; several are nobody's to choose from.
fn single<'q>(query: &'q QueryMap, name: &str) -> Result<Option<&'q str>, Refusal> {
    match query.all(name).unwrap_or_default().as_slice() {
        [] => Ok(None),
        [value] => Ok(Some(value)),
        _ => Err(Refusal::new(400, "duplicate", format!("`{name}` is there more than once; send it once"))),
    }
}

/// The first of a list, and how many more there are: a log line must not grow with the rulebook.
fn listed(parts: impl ExactSizeIterator<Item = String>) -> Option<String> {
    let more = parts.len().saturating_sub(MOST_LISTED);
    joined(parts.take(MOST_LISTED).chain((more > 0).then(|| format!("and {more} more"))))
}

fn joined(parts: impl Iterator<Item = String>) -> Option<String> {
    let text = parts.collect::<Vec<_>>().join(" | ");
    (!text.is_empty()).then_some(text)
}
