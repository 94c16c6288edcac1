//! The server of the page: which requests it answers, and the whole page.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use hyper::Request;
use hyper::body::Incoming;
use hyper_util::server::graceful::GracefulShutdown;
use jiff::Timestamp;
use maud::{DOCTYPE, Markup, html};
use precall::calling_hours::{CallingHours, MAX_DATA_AGE_DAYS};
use precall::place::{MAX_NUMBERING_AGE_DAYS, numbering_age_days};
use precall::{Answer, Partition};
use precall_hook::handler::Handler;
use precall_hook::store::{RulesTable, StoreError};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::block_in_place;

use super::feed::DecisionFeed;
use super::hours::HoursSection;
use super::parameters::PageParameters;
use super::tried_call::TriedCall;
use super::{decisions, response, rules, try_section};
use crate::dynamodb::items;
use crate::dynamodb::store::in_time;
use crate::http;

/// The connections to the page at a time. A browser keeps six.
const MAX_CONNECTIONS: usize = 64;

/// The views that are read at a time. The hook has priority for the table.
const MAX_READS: usize = 4;

/// The views that are rendered at a time, apart from the threads that answer calls. The hook has priority for the
/// processor.
const MAX_RENDERINGS: usize = 1;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");
const ICON: &str = include_str!("icon.svg");

/// The page's data and limits.
#[derive(Debug)]
pub struct Page {
    store: RulesTable,
    hook: Arc<Handler>,
    /// The address of the hook.
    address: SocketAddr,
    feed: Arc<DecisionFeed>,
    reads: Semaphore,
    renderings: Semaphore,
}

impl Page {
    /// Returns the page of a hook.
    pub fn new(store: RulesTable, hook: Arc<Handler>, address: SocketAddr, feed: Arc<DecisionFeed>) -> Self {
        let (reads, renderings) = (Semaphore::new(MAX_READS), Semaphore::new(MAX_RENDERINGS));
        Self { store, hook, address, feed, reads, renderings }
    }

    /// Answers requests until the process ends.
    pub fn listen(self, listener: TcpListener) {
        let page = Arc::new(self);
        tokio::spawn(async move {
            let connections = GracefulShutdown::new();
            let answer = move |request| {
                let page = Arc::clone(&page);
                async move { page.answer(request).await }
            };
            http::accept(&listener, MAX_CONNECTIONS, &connections, answer).await
        });
    }

    async fn answer(&self, request: Request<Incoming>) -> Response {
        if !http::is_of_this_machine(request.headers()) || is_of_other_site(request.headers()) {
            return response::text(StatusCode::FORBIDDEN, "this page answers only browsers on this machine");
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let mut response =
                response::text(StatusCode::METHOD_NOT_ALLOWED, "this page is read-only; use GET or HEAD");
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
            return response;
        }
        let parameters = PageParameters::parse(request.uri().query().unwrap_or_default());
        match request.uri().path() {
            "/" => Box::pin(self.whole_page(&parameters)).await,
            "/hours" => response::html(StatusCode::OK, self.hours(&parameters).await),
            "/decisions" => self.newer_decisions(&parameters).await,
            "/style.css" => response::file("text/css; charset=utf-8", STYLE),
            "/script.js" => response::file("text/javascript; charset=utf-8", SCRIPT),
            "/icon.svg" => response::file("image/svg+xml", ICON),
            _ => response::text(StatusCode::NOT_FOUND, "there is nothing here; the page is at /"),
        }
    }

    async fn whole_page(&self, parameters: &PageParameters) -> Response {
        // The semaphore is never closed.
        let reading = self.reads.acquire().await;
        let now = Timestamp::now();
        let settings = self.hook.settings();
        let limit = settings.budget.deadline;
        let (wildcard_items, number_items, wildcard, tried) = tokio::join!(
            in_time(limit, self.store.attributes("*")),
            in_time(limit, items::first(&self.store, items::PAGE)),
            self.hook.rules().wildcard(),
            TriedCall::of(&self.hook, &self.store, parameters, now)
        );
        drop(reading);
        let at = tried.at(now);
        let calling_hours = calling_hours(&wildcard);
        let hours =
            HoursSection { calling_hours, wildcard: wildcard.as_deref().ok(), parameters, at, is_now: at == now };
        let sections = || {
            html! {
                (try_section::section(&tried, parameters, settings))
                (rules::section(&wildcard_items, &number_items, now))
                (decisions::section(&self.feed))
                (hours.section())
            }
        };
        let page = self.render(|| document(&tried.title(), &self.head(calling_hours, now), &sections())).await;
        let is_invalid = matches!(tried, TriedCall::Invalid(_));
        response::html(if is_invalid { StatusCode::BAD_REQUEST } else { StatusCode::OK }, page)
    }

    fn head(&self, calling_hours: &CallingHours, now: Timestamp) -> Markup {
        let settings = self.hook.settings();
        let on_error = settings.on_error.answer();
        let on_error = on_error.as_ref().map_or("HTTP 503", Answer::status);
        html! {
            header {
                h1 { "precall" }
                p {
                    "The hook listens on " code { "http://" (self.address) } ". If no rule applies, it answers "
                    strong { (Answer::from(settings.default.clone()).status()) } "; if the decision is unknown, " strong { (on_error) } "."
                }
                nav aria-label="Sections" {
                    a href="#try" { "Try a call" } a href="#rules" { "Rules" }
                    a href="#decisions" { "Last decisions" } a href="#hours" { "Calling hours" }
                }
                @if let Some(days) = calling_hours.age_days(now).filter(|days| *days > MAX_DATA_AGE_DAYS) {
                    p.problem role="alert" {
                        "The table of calling hours is " (days) " days old; install a newer version, or review the data."
                    }
                }
                @if let Some(days) = numbering_age_days(now).filter(|days| *days > MAX_NUMBERING_AGE_DAYS) {
                    p.problem role="alert" {
                        "The tables of area codes are " (days) " days old; install a newer version, or state the places of new codes."
                    }
                }
            }
        }
    }

    /// Returns the map and the grid for a page that stays open.
    async fn hours(&self, parameters: &PageParameters) -> Markup {
        let wildcard = self.hook.rules().wildcard().await;
        let section = HoursSection {
            calling_hours: calling_hours(&wildcard),
            wildcard: wildcard.as_deref().ok(),
            parameters,
            at: Timestamp::now(),
            is_now: true,
        };
        self.render(|| section.map_and_grid()).await
    }

    async fn render(&self, view: impl FnOnce() -> Markup) -> Markup {
        let _turn = self.renderings.acquire().await;
        block_in_place(view)
    }

    /// Returns the decisions after the newest one that the page has.
    async fn newer_decisions(&self, parameters: &PageParameters) -> Response {
        let Some(after) = parameters.get("after").and_then(|after| after.parse().ok()) else {
            return response::text(StatusCode::BAD_REQUEST, "after is not a number");
        };
        let (records, newest) = self.feed.wait_after(after).await;
        let mut response = response::html(StatusCode::OK, decisions::rows(&records));
        response.headers_mut().insert("x-newest", HeaderValue::from(newest));
        response
    }
}

fn document(title: &str, head: &Markup, sections: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                title { (title) "precall" }
                link rel="icon" href="/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/style.css";
                script src="/script.js" defer {}
            }
            body {
                a.skip href="#main" { "Skip to the page's content" }
                (head)
                main #main { (sections) }
                footer { "precall " (env!("CARGO_PKG_VERSION")) ". Not legal advice." }
            }
        }
    }
}

/// Returns the calling hours that the hook uses; the built-in ones if the rules cannot be read.
fn calling_hours(wildcard: &Result<Arc<Partition>, StoreError>) -> &CallingHours {
    wildcard.as_ref().map_or_else(|_| CallingHours::embedded(), |wildcard| wildcard.calling_hours())
}

/// Returns true if a page of another site has caused the request, according to the browser. A link to the page is fine;
/// a frame around it is not.
fn is_of_other_site(headers: &HeaderMap) -> bool {
    let has = |name: &str, value: &str| headers.get(name).is_some_and(|own| own == value);
    let is_link = has("sec-fetch-mode", "navigate") && has("sec-fetch-dest", "document");
    (has("sec-fetch-site", "cross-site") || has("sec-fetch-site", "same-site")) && !is_link
}
