//! The page of `precall serve`: try a call, see the rules, the last decisions, and where and when calling is lawful.
//!
//! It shows what `precall check`, `rules`, `hours` and the log show, and changes nothing. It asks nobody who they are, so
//! it listens on loopback, and answers neither a stranger's name for this machine nor the script of another page.
//! Without JavaScript all of it works; the script only brings what is newer.

mod call;
mod decisions;
mod hours;
mod places;
mod rules;

use std::net::SocketAddr;
use std::str::FromStr;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use hyper::Request;
use hyper::body::Incoming;
use hyper_util::server::graceful::GracefulShutdown;
use jiff::Timestamp;
use maud::{DOCTYPE, Markup, html};
use precall::Answer;
use precall::Partition;
use precall::calling_hours::{CallingHours, MAX_DATA_AGE_DAYS};
use precall_hook::handler::Handler;
use precall_hook::request::Query;
use precall_hook::store::{RulesTable, StoreError};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::block_in_place;

pub use decisions::Feed;

use crate::dynamodb::items;
use crate::dynamodb::store::in_time;
use crate::http;

/// Where the page listens if nothing else is said.
pub const ADDRESS: &str = "127.0.0.1:9001";

/// Most connections at a time: a browser keeps six.
const MOST_CONNECTIONS: usize = 64;

/// Views that are read at a time, and worked out, beside what the threads of the hook have to do: the table and the
/// processor are the hook's first.
const MOST_READ: usize = 4;
const MOST_DRAWN: usize = 1;

/// Most characters of a field of the page's address.
const MOST_CHARACTERS: usize = 100;

/// Clocks to choose from.
const CLOCKS: [&str; 10] = [
    "UTC",
    "America/St_Johns",
    "America/Halifax",
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Anchorage",
    "Pacific/Honolulu",
];

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");
const ICON: &str = include_str!("icon.svg");

/// Nothing from elsewhere, nothing in line, and in nobody's frame.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Where the page is to listen, if it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listen {
    Off,
    At(SocketAddr),
}

impl FromStr for Listen {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        if text.eq_ignore_ascii_case("off") {
            return Ok(Self::Off);
        }
        match text.parse::<SocketAddr>() {
            Ok(address) if address.ip().is_loopback() => Ok(Self::At(address)),
            Ok(_) => Err("the page asks nobody who they are, so it listens on loopback only, such as 127.0.0.1:9001"),
            Err(_) => Err("write an address and a port, such as 127.0.0.1:9001, or off"),
        }
    }
}

/// What the page is about.
#[derive(Debug)]
pub struct Page {
    store: RulesTable,
    hook: Arc<Handler>,
    /// Where the hook answers.
    address: SocketAddr,
    feed: Arc<Feed>,
    reading: Semaphore,
    drawing: Semaphore,
}

/// The parameters of the page's address.
struct Parameters(Query);

impl Parameters {
    /// Those of a query. No field has more to say than fits into this; what it says is on the page many times.
    fn read(query: &str) -> Self {
        Self(Query::parse(query))
    }

    /// A parameter, trimmed; an empty one is none.
    fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.all(name).last()?;
        let end = value.char_indices().nth(MOST_CHARACTERS).map_or(value.len(), |(end, _)| end);
        value.get(..end).map(str::trim).filter(|value| !value.is_empty())
    }

    /// Whether a parameter is there more than once.
    fn is_twice(&self, name: &str) -> bool {
        self.0.all(name).len() > 1
    }

    /// Hidden fields, so that one form of the page does not forget what was asked by the other.
    fn keep(&self, names: &[&str]) -> Markup {
        html! {
            @for name in names {
                @if let Some(value) = self.get(name) { input type="hidden" name=(name) value=(value); }
            }
        }
    }
}

impl Page {
    pub fn new(store: RulesTable, hook: Arc<Handler>, address: SocketAddr, feed: Arc<Feed>) -> Self {
        let (reading, drawing) = (Semaphore::new(MOST_READ), Semaphore::new(MOST_DRAWN));
        Self { store, hook, address, feed, reading, drawing }
    }

    /// Answers whoever asks, until the process ends.
    pub fn listen(self, listener: TcpListener) {
        let page = Arc::new(self);
        tokio::spawn(async move {
            let open = GracefulShutdown::new();
            let answer = move |request| {
                let page = Arc::clone(&page);
                async move { page.answer(request).await }
            };
            http::accept(&listener, MOST_CONNECTIONS, &open, answer).await
        });
    }

    async fn answer(&self, request: Request<Incoming>) -> Response {
        if !http::is_of_this_machine(request.headers()) || is_of_another_page(request.headers()) {
            return text(StatusCode::FORBIDDEN, "this page is for the browser of this machine");
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "this page is only looked at");
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
            return response;
        }
        let parameters = Parameters::read(request.uri().query().unwrap_or_default());
        match request.uri().path() {
            "/" => Box::pin(self.whole(&parameters)).await,
            "/hours" => markup(StatusCode::OK, self.hours(&parameters).await),
            "/decisions" => self.newer(&parameters).await,
            "/style.css" => answer(StatusCode::OK, "text/css; charset=utf-8", STYLE.to_owned()),
            "/script.js" => answer(StatusCode::OK, "text/javascript; charset=utf-8", SCRIPT.to_owned()),
            "/icon.svg" => answer(StatusCode::OK, "image/svg+xml", ICON.to_owned()),
            _ => text(StatusCode::NOT_FOUND, "there is nothing here; the page is at /"),
        }
    }

    async fn whole(&self, parameters: &Parameters) -> Response {
        // It is never closed.
        let reading = self.reading.acquire().await;
        let now = Timestamp::now();
        let settings = self.hook.settings();
        let limit = settings.budget.deadline;
        let (items, numbers, any, tried) = tokio::join!(
            in_time(limit, self.store.attributes("*")),
            in_time(limit, items::first(&self.store, items::PAGE)),
            self.hook.rules().wildcard(),
            call::tried(&self.hook, &self.store, parameters, now)
        );
        let at = tried.at(now);
        let table = hours_of(&any);
        let view = || {
            html! {
                (DOCTYPE)
                html lang="en" {
                    head {
                        meta charset="utf-8";
                        meta name="viewport" content="width=device-width, initial-scale=1";
                        meta name="referrer" content="no-referrer";
                        title { (tried.title()) "precall" }
                        link rel="icon" href="/icon.svg" type="image/svg+xml";
                        link rel="stylesheet" href="/style.css";
                        script src="/script.js" defer {}
                    }
                    body {
                        a.skip href="#main" { "Skip to the page's content" }
                        (self.head(table, now))
                        main #main {
                            (call::section(&tried, parameters, settings))
                            (rules::section(&items, &numbers, now))
                            (decisions::section(&self.feed))
                            (hours::section(table, any.is_err(), parameters, at, at == now))
                        }
                        footer { "precall " (env!("CARGO_PKG_VERSION")) ". Not legal advice." }
                    }
                }
            }
        };
        drop(reading);
        let body = self.draw(view).await;
        let is_refused = matches!(tried, call::Tried::Refused(_));
        markup(if is_refused { StatusCode::BAD_REQUEST } else { StatusCode::OK }, body)
    }

    fn head(&self, table: &CallingHours, now: Timestamp) -> Markup {
        let settings = self.hook.settings();
        let on_error = settings.on_error.answer();
        let on_error = on_error.as_ref().map_or("HTTP 503", Answer::status);
        html! {
            header {
                h1 { "precall" }
                p {
                    "The hook answers on " code { "http://" (self.address) } ". No rule: " strong { (settings.default.status()) }
                    ". Unknown: " strong { (on_error) } "."
                }
                nav aria-label="Sections" {
                    a href="#try" { "Try a call" } a href="#rules" { "Rules" }
                    a href="#decisions" { "Last decisions" } a href="#hours" { "Calling hours" }
                }
                @if let Some(days) = table.age_days(now).filter(|days| *days > MAX_DATA_AGE_DAYS) {
                    p.problem role="alert" {
                        "The table of calling hours is of " (days) " days ago; look for a newer version."
                    }
                }
            }
        }
    }

    /// The calling hours alone, for a page that stays open.
    async fn hours(&self, parameters: &Parameters) -> Markup {
        let any = self.hook.rules().wildcard().await;
        let now = Timestamp::now();
        self.draw(|| hours::shown(hours_of(&any), any.is_err(), parameters, now, true)).await
    }

    async fn draw(&self, view: impl FnOnce() -> Markup) -> Markup {
        let _turn = self.drawing.acquire().await;
        block_in_place(view)
    }

    /// Decisions that came after the one that the page has.
    async fn newer(&self, parameters: &Parameters) -> Response {
        let Some(after) = parameters.get("after").and_then(|after| after.parse().ok()) else {
            return text(StatusCode::BAD_REQUEST, "after is not a number");
        };
        let (records, newest) = self.feed.wait_after(after).await;
        let mut response = markup(StatusCode::OK, decisions::rows(&records));
        response.headers_mut().insert("x-newest", HeaderValue::from(newest));
        response
    }
}

/// The calling hours that the hook goes by; where the rules cannot be read, those that are built in.
fn hours_of(any: &Result<Arc<Partition>, StoreError>) -> &CallingHours {
    any.as_ref().map_or_else(|_| CallingHours::embedded(), |any| any.calling_hours())
}

/// Whether a browser says that another site's page asks. A link that somebody follows is fine; what such a page frames is
/// not.
fn is_of_another_page(headers: &HeaderMap) -> bool {
    let says = |name: &str, value: &str| headers.get(name).is_some_and(|said| said == value);
    let is_followed = says("sec-fetch-mode", "navigate") && says("sec-fetch-dest", "document");
    (says("sec-fetch-site", "cross-site") || says("sec-fetch-site", "same-site")) && !is_followed
}

fn markup(status: StatusCode, body: Markup) -> Response {
    answer(status, "text/html; charset=utf-8", body.into_string())
}

fn text(status: StatusCode, body: &str) -> Response {
    answer(status, "text/plain; charset=utf-8", body.to_owned())
}

fn answer(status: StatusCode, kind: &'static str, body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    for (name, value) in [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// A decision's status, to be seen from afar.
fn badge(status: &str) -> Markup {
    let kind = match status {
        "PROCEED" => "yes",
        "REJECT" => "no",
        "CHANGE_DESTINATION" => "else",
        _ => "unknown",
    };
    html! { strong.badge.(kind) { (status) } }
}

/// Something that could not be read.
fn problem(error: &StoreError) -> Markup {
    html! { p.problem role="alert" { (error.to_string()) } }
}
