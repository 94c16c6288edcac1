//! Tests of the page of `precall serve` with requests as a browser sends them. `make test-page` tests in a real browser.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that point"
)]

mod support;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::TcpListener;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use precall::Number;
use precall::calling_hours::{CallingHours, Law};
use precall::place;
use tempfile::TempDir;

use precall_test::faulty::{Faulty, Mode};
use support::{Server, precall, raw, run, stderr, stdout};

fn encoded(parameters: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish()
}

/// Returns the status line and the body of an answer of the page.
fn get(server: &Server, path: &str) -> (String, String) {
    raw(&server.page, &format!("GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", server.page))
}

fn page(server: &Server, parameters: &[(&str, &str)]) -> String {
    let (status, body) = get(server, &format!("/?{}", encoded(parameters)));
    assert_eq!(status, "HTTP/1.1 200 OK", "{body}");
    body
}

/// Returns the text without tags, with single spaces, as a person reads it.
fn read(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        text += before;
        text.push(' ');
        rest = after.split_once('>').map(|(_, rest)| rest).unwrap_or_default();
    }
    text += rest;
    let text = text.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns the HTML of a section.
fn section<'h>(html: &'h str, id: &str) -> &'h str {
    let (_, after) = html.split_once(&format!("<section id=\"{id}\"")).unwrap_or_else(|| panic!("no {id}: {html}"));
    after.split_once("</section>").unwrap().0
}

async fn put(server: &Server, items: &[&[(&str, AttributeValue)]]) {
    for item in items {
        let item: HashMap<_, _> = item.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        server.client().put_item().table_name("precall-rules").set_item(Some(item)).send().await.unwrap();
    }
}

fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn n(number: i64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

#[test]
fn a_call_is_tried_as_the_hook_and_check_decide_it() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &["--example"], &[]);
    let url = format!("http://{}", server.dynamodb);
    for (from, to) in [
        ("+12125550100", "+13155550101"),
        ("+12125550100", "+13155550102"),
        ("+12125550100", "+13155550100"),
        ("anonymous", "+19005550100"),
        ("+12125550199", "+442079460000"),
    ] {
        let query = encoded(&[("code", "example-key"), ("from", from), ("to", to)]);
        let (_, body) = server.ask("POST", &format!("?{query}"));
        let html = page(&server, &[("from", from), ("to", to)]);
        let text = read(section(&html, "try"));
        assert!(text.contains(&format!("answer {body}")), "{from} {to}: {body}\n{text}");
        let checked = run(folder.path(), &["check", "--dynamodb", &url, "--from", from, "--to", to, "--json"]);
        let checked: serde_json::Value = serde_json::from_str(&stdout(&checked)).unwrap();
        assert!(text.contains(checked["because"].as_str().unwrap()), "{checked:#}\n{text}");
        assert!(text.contains(&format!("callee {}; it is ", checked["callee_place"].as_str().unwrap())), "{text}");
        let screened = checked["screened"]["rules"].as_array().into_iter().flatten();
        for row in checked["rules"].as_array().unwrap().iter().chain(screened) {
            let member = |name: &str| row[name].as_str().unwrap().to_owned();
            let priority = row["priority"].as_i64().map(|priority| format!("{priority} ")).unwrap_or_default();
            let row =
                format!("{} {} {priority}{} {}", member("rule"), member("number"), member("state"), member("why"));
            assert!(text.contains(&row), "{row}\n{text}");
        }
    }
    // A try is neither counted nor logged: the log has only the calls of the hook.
    let decisions = read(section(&page(&server, &[]), "decisions"));
    assert_eq!(decisions.matches("+1212*******").count() + decisions.matches("withheld").count(), 5, "{decisions}");
}

#[tokio::test]
async fn instants_are_read_by_the_clock_that_is_chosen() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &["--example"], &[]);
    let holder = [("number", s("+12125550123")), ("rule", s("lives-in")), ("timezone", s("America/Denver"))];
    put(&server, &[&holder]).await;
    for (to, at, clock, instant) in [
        ("+13155550100", "2026-12-01T08:30", "callee", "2026-12-01T13:30:00Z"),
        ("+12125550123", "2026-12-01T08:30", "callee", "2026-12-01T15:30:00Z"),
        ("+13155550100", "2026-12-01T08:30", "UTC", "2026-12-01T08:30:00Z"),
        ("+13155550100", "2026-12-01T08:30:15", "Pacific/Honolulu", "2026-12-01T18:30:15Z"),
        ("+13155550100", "2026-12-01T08:30:00-08:00", "callee", "2026-12-01T16:30:00Z"),
        ("+13155550100", "2026-12-01T08:30[America/Denver]", "callee", "2026-12-01T15:30:00Z"),
        // The clock skips this hour, or shows it twice.
        ("+13155550100", "2027-03-14T02:30", "callee", "2027-03-14T07:30:00Z"),
        ("+13155550100", "2026-11-01T01:30", "callee", "2026-11-01T05:30:00Z"),
    ] {
        let html = page(&server, &[("to", to), ("at", at), ("clock", clock)]);
        assert!(html.contains(&format!("<time datetime=\"{instant}\">")), "{to} {at} {clock}: {}", read(&html));
        // The map is of the same instant and does not follow the clock.
        assert_eq!(html.matches(&format!("<time datetime=\"{instant}\">")).count(), 2, "{}", read(&html));
        assert!(!html.contains("data-now"), "{}", read(&html));
    }
    assert!(page(&server, &[]).contains("data-now"));
}

#[test]
fn an_invalid_field_has_its_problem_beside_it_and_keeps_its_value() {
    let folder = TempDir::new().unwrap();
    let keys = format!("vendor={},second={}", precall_hook::auth::hash("key"), precall_hook::auth::hash("other"));
    let server = Server::start(folder.path(), &[], &[("PRECALL_API_KEYS", &keys)]);
    for (parameters, field, wanted) in [
        (&[("to", "abc")][..], "to", "not a telephone number; write + and the country code"),
        (&[("to", "5550100")], "to", "area code"),
        (&[("to", ""), ("from", "2125550100")], "to", "no callee; write a number such as +13155550100"),
        (&[("to", "+13155550100"), ("at", "tomorrow")], "at", "not a date and time; write it like 2026-12-01T08:00"),
        (&[("to", "+13155550100"), ("at", "2026-13-01T08:00")], "at", "not a date and time"),
        (
            &[("to", "+13155550100"), ("at", "9999-12-31T23:59"), ("clock", "America/New_York")],
            "at",
            "too far in the past or the future",
        ),
        (&[("to", "+13155550100"), ("at", "2026-12-01T08:00"), ("clock", "Mars/Base")], "clock", "no such clock"),
        (&[("to", "+13155550100"), ("client", "third")], "client", "no API key has this name; choose one"),
    ] {
        let (status, html) = get(&server, &format!("/?{}", encoded(parameters)));
        assert_eq!(status, "HTTP/1.1 400 Bad Request", "{parameters:?}");
        let (_, problem) =
            html.split_once(&format!("id=\"{field}-problem\"")).unwrap_or_else(|| panic!("{parameters:?}"));
        let (text, _) = problem.split_once("</p>").unwrap();
        assert!(text.contains(wanted), "{parameters:?}: {text}");
        assert!(html.contains(&format!("aria-describedby=\"{field}-problem\"")), "{parameters:?}");
        for (name, value) in
            parameters.iter().filter(|(name, value)| !value.is_empty() && ["to", "from"].contains(name))
        {
            assert!(
                html.contains(&format!("name=\"{name}\"")) && html.contains(&format!("value=\"{value}\"")),
                "{html}"
            );
        }
        assert!(html.contains("id=\"hours-shown\""), "the rest of the page is there");
    }
    // Unknown parameters are ignored, markup is escaped, and long values are cut.
    let markup = "\"'><script>alert(1)</script>";
    for field in ["to", "from", "at", "clock", "client", "place", "about", "zone", "x"] {
        let (_, html) = get(&server, &format!("/?{}", encoded(&[("to", "+13155550100"), (field, markup)])));
        assert!(!html.contains("<script>") && html.contains("id=\"hours-shown\""), "{field}: {html}");
        assert_eq!(html.contains("&lt;script&gt;"), field != "x", "{field}");
        let (_, html) = get(&server, &format!("/?{}", encoded(&[(field, &"<".repeat(20_000))])));
        assert!(html.len() < 200_000, "{field}: {}", html.len());
    }
    let twice = get(&server, "/?to=3155550100&to=3155550101");
    assert!(twice.0.contains("400") && read(&twice.1).contains("the address has it twice; remove one"), "{}", twice.1);
    // The browser goes to the answer, which names the problem and has a link to the field.
    let (_, html) = get(&server, "/?to=abc");
    let (_, answer) = html.split_once("id=\"answer\"").unwrap();
    assert!(answer.starts_with(" role=\"alert\"") && answer.contains("href=\"#to\""), "{answer}");
    // The client is one of the API keys.
    let text = read(section(&page(&server, &[("to", "+13155550100"), ("client", "second")]), "try"));
    assert!(text.contains("client second"), "{text}");
    let text = read(section(&page(&server, &[("to", "+13155550100")]), "try"));
    assert!(text.contains("client vendor"), "{text}");
}

#[tokio::test]
async fn invalid_rules_come_first_and_the_text_of_rules_is_escaped() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &["--example"], &[]);
    let evil = "<script>alert(1)</script>";
    put(
        &server,
        &[
            &[("number", s("*")), ("rule", s(evil)), ("status", s("\"><img src=x>"))],
            &[("number", s("+13155550109")), ("rule", s("typo")), ("status", s("REJCT")), ("priority", n(7))],
            &[("number", s("+13155550105")), ("rule", s("lost-lead")), ("status", s("REJECT")), ("code", s("404"))],
            &[("number", s("*")), ("rule", s("off")), ("status", s("REJCT")), ("enabled", AttributeValue::Bool(false))],
            &[("number", s("*")), ("rule", s("soon")), ("status", s("REJECT")), ("starts_at", s("2199-01-01T00:00Z"))],
            &[("number", s("*")), ("rule", s("gone")), ("status", s("REJECT")), ("expires_at", n(1_700_000_000))],
            &[("number", s("list")), ("rule", s("dnc")), ("anything", s("x"))],
            &[
                ("number", s("+13155550001")),
                ("rule", s("dnc")),
                ("status", s("REJECT")),
                ("list_file", s("0123456789ab")),
            ],
        ],
    )
    .await;
    let html = page(
        &server,
        &[("to", "+13155550109"), ("from", evil)].map(|(name, value)| match name {
            // A caller like this is invalid; see above.
            "from" => ("from", "anonymous"),
            _ => (name, value),
        }),
    );
    assert!(!html.contains("<script>") && !html.contains("<img"), "{html}");
    let rules = section(&html, "rules");
    let text = read(rules);
    assert!(text.contains("2 rules are invalid. Correct the first rows"), "{text}");
    assert!(text.contains("11 rules, and 1 of imported lists"), "{text}");
    let rows: Vec<String> = rules.split("<tr class=").skip(1).map(read).collect();
    let order: Vec<(&str, &str)> = [
        (evil, "invalid"),
        ("typo", "invalid"),
        ("lost-lead", "mistake"),
        ("premium-900", "in force"),
        ("dnc-internal", "in force"),
        ("retired-caller-id", "in force"),
        ("moved", "in force"),
        ("trial-no-caller-id", "shadow"),
        ("soon", "not yet in force"),
        ("gone", "expired"),
        ("off", "disabled"),
    ]
    .to_vec();
    assert_eq!(rows.len(), order.len(), "{rows:#?}");
    for (row, (rule, state)) in rows.iter().zip(order) {
        assert!(row.contains(rule) && row.contains(&format!(" {state} ")), "{rule} {state}: {row}");
    }
    assert!(rows[1].contains("\"REJCT\" is not a status; write PROCEED, REJECT or CHANGE_DESTINATION"), "{}", rows[1]);
    assert!(rows[2].contains("code 404 makes dialers mark the lead as disconnected"), "{}", rows[2]);
    let answer = read(section(&html, "try"));
    assert!(answer.contains("UNKNOWN so the hook answers 503"), "{answer}");
}

#[tokio::test]
async fn a_table_of_many_rules_shows_the_first_ones_and_counts_the_others() {
    let folder = TempDir::new().unwrap();
    let numbers: Vec<String> = (0..4_100)
        .map(|nth| {
            format!(r#"{{"number": "+1315{:07}", "rule": "own", "status": "REJECT", "code": "603"}}"#, 5_550_000 + nth)
        })
        .collect();
    std::fs::write(folder.path().join("rules.json"), numbers.join("\n")).unwrap();
    let loaded = run(folder.path(), &["load", "rules.json"]);
    assert!(loaded.status.success(), "{}", stderr(&loaded));
    let server = Server::start(folder.path(), &[], &[("PRECALL_AUTH", "none")]);
    put(&server, &[&[("number", s("*")), ("rule", s("typo")), ("status", s("REJCT"))]]).await;
    let rules = page(&server, &[]);
    let rules = section(&rules, "rules");
    let text = read(rules);
    assert!(text.contains("1 rule is invalid"), "{text}");
    assert!(text.contains("some of the rules under numbers were read; precall lint reads all"), "{text}");
    assert_eq!(rules.matches("<tr class=").count(), 500);
    assert!(text.contains("more are not shown; precall rules shows all"), "{text}");
}

#[test]
fn the_page_hides_what_the_log_hides() {
    let folder = TempDir::new().unwrap();
    let env = [("PRECALL_AUTH", "none"), ("PRECALL_LOG_NUMBERS", "hidden")];
    let server = Server::start(folder.path(), &["--example"], &env);
    server.ask("POST", "?to=%2B13155550101&from=%2B12125550100");
    server.ask("POST", "?to=nobody");
    let html = page(&server, &[]);
    let rows: Vec<String> = section(&html, "decisions").split("<tr>").skip(2).map(read).collect();
    assert!(rows[0].contains("REFUSED HTTP 400 none bad_callee"), "{rows:?}");
    assert!(rows[1].contains("REJECT 603 hidden dnc-internal"), "{rows:?}");
}

/// The page has no authentication, so it refuses requests for other host names and from the pages of other sites.
#[test]
fn only_browsers_on_this_machine_get_an_answer() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &["--example"], &[]);
    let port = server.page.rsplit(':').next().unwrap();
    let ask = |method: &str, path: &str, headers: &str| {
        raw(&server.page, &format!("{method} {path} HTTP/1.1\r\n{headers}connection: close\r\n\r\n")).0
    };
    let own = format!("host: localhost:{port}\r\n");
    for (method, path, headers, status) in [
        ("GET", "/", own.clone(), "200 OK"),
        ("HEAD", "/", own.clone(), "200 OK"),
        ("GET", "/", "host: 127.0.0.1\r\n".to_owned(), "200 OK"),
        ("GET", "/", "host: [::1]:9001\r\n".to_owned(), "200 OK"),
        ("GET", "/", "host: rebound.example\r\n".to_owned(), "403 Forbidden"),
        ("GET", "/", "host: localhost.example\r\n".to_owned(), "403 Forbidden"),
        ("GET", "/", "host: 10.0.0.1:9001\r\n".to_owned(), "403 Forbidden"),
        ("GET", "/", format!("{own}origin: https://example.com\r\n"), "403 Forbidden"),
        ("GET", "/hours", format!("{own}sec-fetch-site: cross-site\r\nsec-fetch-mode: no-cors\r\n"), "403 Forbidden"),
        ("GET", "/hours", format!("{own}sec-fetch-site: same-site\r\nsec-fetch-mode: cors\r\n"), "403 Forbidden"),
        // A link to the page, and frames around it.
        (
            "GET",
            "/",
            format!("{own}sec-fetch-site: cross-site\r\nsec-fetch-mode: navigate\r\nsec-fetch-dest: document\r\n"),
            "200 OK",
        ),
        (
            "GET",
            "/",
            format!("{own}sec-fetch-site: cross-site\r\nsec-fetch-mode: navigate\r\nsec-fetch-dest: iframe\r\n"),
            "403 Forbidden",
        ),
        (
            "GET",
            "/",
            format!("{own}sec-fetch-site: same-site\r\nsec-fetch-mode: navigate\r\nsec-fetch-dest: object\r\n"),
            "403 Forbidden",
        ),
        ("GET", "/", format!("{own}sec-fetch-site: same-origin\r\nsec-fetch-mode: cors\r\n"), "200 OK"),
        ("GET", "/style.css", own.clone(), "200 OK"),
        ("GET", "/script.js", own.clone(), "200 OK"),
        ("GET", "/icon.svg", own.clone(), "200 OK"),
        ("POST", "/", own.clone(), "405 Method Not Allowed"),
        ("DELETE", "/decisions", own.clone(), "405 Method Not Allowed"),
        ("GET", "/decisions", own.clone(), "400 Bad Request"),
        ("GET", "/decisions?after=-1", own.clone(), "400 Bad Request"),
        ("GET", "/rules.db", own.clone(), "404 Not Found"),
        ("GET", "//", own.clone(), "404 Not Found"),
    ] {
        assert_eq!(ask(method, path, &headers), format!("HTTP/1.1 {status}"), "{method} {path} {headers}");
    }
    // The page may not be stored or framed, and loads nothing from elsewhere.
    let mut stream = std::net::TcpStream::connect(&server.page).unwrap();
    std::io::Write::write_all(&mut stream, format!("GET / HTTP/1.1\r\n{own}connection: close\r\n\r\n").as_bytes())
        .unwrap();
    let mut answer = String::new();
    std::io::Read::read_to_string(&mut stream, &mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    for header in ["content-security-policy: default-src 'none';", "frame-ancestors 'none'", "nosniff", "no-store"] {
        assert!(head.contains(header), "{head}");
    }
    let addresses = body.match_indices("http").map(|(at, _)| body[at..].chars().take(30).collect::<String>());
    let elsewhere: Vec<_> =
        addresses.filter(|address| !address.starts_with(&format!("http://{}", server.hook))).collect();
    assert!(elsewhere.is_empty(), "{elsewhere:?}");
    assert!(!answer.contains("example-key"), "no key is on the page");
}

#[test]
fn new_decisions_appear_and_show_no_more_than_the_log() {
    for (show, shown) in [("masked", "+1315*******"), ("full", "+13155550101"), ("hidden", "#")] {
        let folder = TempDir::new().unwrap();
        let server = Server::start(folder.path(), &["--example"], &[("PRECALL_LOG_NUMBERS", show)]);
        let newest = |html: &str| {
            let (_, after) = html.split_once("data-newest=\"").unwrap();
            after.split_once('"').unwrap().0.to_owned()
        };
        let html = page(&server, &[]);
        assert!(read(&html).contains("No decisions since the start."), "{}", read(&html));
        let before = newest(&html);

        let address = server.page.clone();
        let path = format!("/decisions?after={before}");
        let waiting = std::thread::spawn(move || {
            raw(&address, &format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"))
        });
        server.ask("POST", "?code=example-key&from=%2B12125550100&to=%2B13155550101");
        let (status, rows) = waiting.join().unwrap();
        assert_eq!(status, "HTTP/1.1 200 OK");
        let text = read(&rows);
        assert!(text.contains("REJECT 603") && text.contains("dnc-internal") && text.contains(shown), "{show}: {text}");
        assert_eq!(text.contains("5550101"), show == "full", "{text}");

        // The last hundred, the newest first, with refused requests and without keys.
        for _ in 0..120 {
            server.ask("POST", "?code=example-key&to=%2B13155550100");
        }
        server.ask("POST", "?code=canary-key&to=%2B13155550100");
        let html = page(&server, &[]);
        let rows = section(&html, "decisions").split("<tbody").nth(1).unwrap().matches("<tr>").count();
        assert_eq!(rows, 100);
        let text = read(section(&html, "decisions"));
        let (first, _) = text.split_once("PROCEED").unwrap();
        assert!(first.contains("REFUSED HTTP 401") && first.contains("unknown_key"), "{first}");
        assert!(!html.contains("canary") && !html.contains("example-key"));
        // A request with an old number gets all that are kept.
        let (_, all) = get(&server, &format!("/decisions?after={before}"));
        assert_eq!(all.matches("<tr>").count(), 100);
        let newer = newest(&html).parse::<u64>().unwrap() - 1;
        assert_eq!(get(&server, &format!("/decisions?after={newer}")).1.matches("<tr>").count(), 1);
    }
}

#[test]
fn the_page_reports_a_store_that_is_gone_and_shows_the_rest() {
    let folder = TempDir::new().unwrap();
    let dead = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{dead}");
    for (on_error, answer) in
        [("default", "UNKNOWN so the hook answers 503"), ("reject", "UNKNOWN so the hook answers REJECT")]
    {
        let server = Server::start(
            folder.path(),
            &["--dynamodb", &url],
            &[("PRECALL_AUTH", "none"), ("PRECALL_ON_ERROR", on_error)],
        );
        let html = page(&server, &[("to", "+13155550101"), ("place", "US-FL")]);
        let text = read(&html);
        assert!(read(section(&html, "try")).contains(answer), "{text}");
        assert_eq!(text.matches("the rules table cannot be reached").count(), 3, "{text}");
        assert!(text.contains("The rules cannot be read, so this is the built-in table"), "{text}");
        assert!(html.contains("id=\"tile-US-FL\""), "{text}");
        let (_, unknown) = server.ask("POST", "?to=%2B13155550101");
        assert!(unknown.contains("unknown"), "{unknown}");
        assert!(read(section(&page(&server, &[]), "decisions")).contains("unreachable"));
    }
}

/// The reads that only the page needs do not change the result of a try.
#[tokio::test(flavor = "multi_thread")]
async fn a_try_is_unknown_exactly_when_the_hooks_decision_is() {
    let folder = TempDir::new().unwrap();
    let store = Server::start(folder.path(), &["--example"], &[]);
    let faulty = Faulty::start(Mode::Proxy, Some(store.dynamodb.parse().unwrap())).await;
    let own = TempDir::new().unwrap();
    let server = Server::start(own.path(), &["--dynamodb", &faulty.url()], &[("PRECALL_AUTH", "none")]);
    let slow = Mode::Slow(Duration::from_millis(1_300));
    for (mode, is_known, wanted) in [
        (Mode::Proxy, true, ""),
        (Mode::when("\"Limit\"", Mode::Throttle), true, "Other spellings of the number could not be checked"),
        (Mode::when("Scan", Mode::Proxy), true, ""),
        (Mode::when("+13155550101", Mode::Forbidden), false, "may not be used with these credentials"),
        (Mode::when("+13155550101", Mode::Hang), false, "did not answer in time"),
        (Mode::when("+13155550101", Mode::Says("{\"Count\":1,\"Items\":[]}")), false, "cannot be used"),
        (Mode::when("\"S\":\"+1", slow), false, "did not answer in time"),
    ] {
        faulty.set(mode.clone()).await;
        let answer = tokio::task::block_in_place(|| server.ask("POST", "?to=%2B13155550101"));
        let text = tokio::task::block_in_place(|| read(section(&page(&server, &[("to", "+13155550101")]), "try")));
        assert_eq!(answer.0 == "HTTP/1.1 200 OK", is_known, "{mode:?}: {answer:?}");
        assert_eq!(text.contains(" REJECT 603 "), is_known, "{mode:?}: {text}");
        assert_eq!(text.contains("UNKNOWN so the hook answers 503"), !is_known, "{mode:?}: {text}");
        assert!(text.contains(wanted), "{mode:?}: {text}");
    }
    // `precall check` does not need them either.
    faulty.set(Mode::when("\"Limit\"", Mode::Forbidden)).await;
    let url = faulty.url();
    let checked = |more: &[&str]| {
        let arguments = ["check", "--dynamodb", &url, "--to", "+13155550101"];
        tokio::task::block_in_place(|| run(own.path(), &[&arguments[..], more].concat()))
    };
    let text = stdout(&checked(&[]));
    assert!(
        text.contains("decision  REJECT 603") && text.contains("warning: other spellings were not looked"),
        "{text}"
    );
    let checked = checked(&["--json"]);
    let text: serde_json::Value = serde_json::from_str(&stdout(&checked)).unwrap();
    assert!(checked.status.success() && text["stored_under_another_spelling"].is_null(), "{text:#}");
    // Rules that could not be read are reported, not left out silently.
    for (mode, gone, there) in [
        (
            Mode::when("\"S\":\"*\"", Mode::Says("{\"Count\":1,\"Items\":[]}")),
            "The wildcard rules could not be read",
            "dnc-internal",
        ),
        (
            Mode::when("\"Limit\"", Mode::Says("{\"Count\":2}")),
            "The rules under numbers could not be read",
            "premium-900",
        ),
    ] {
        faulty.set(mode.clone()).await;
        let text = tokio::task::block_in_place(|| read(section(&page(&server, &[]), "rules")));
        assert!(text.contains("'s answer cannot be used") && text.contains(gone), "{mode:?}: {text}");
        assert!(text.contains(there), "{mode:?}: {text}");
    }
    faulty.set(Mode::MissingTable).await;
    let text = tokio::task::block_in_place(|| read(section(&page(&server, &[]), "rules")));
    assert!(text.contains("the rules table does not exist") && !text.contains("0 rules"), "{text}");
}

#[tokio::test]
async fn a_rule_that_became_invalid_decides_as_before_and_the_page_shows_it() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &["--example"], &[("PRECALL_RULES_FRESH_MS", "1")]);
    let stop = [("number", s("*")), ("rule", s("stop-all")), ("priority", n(200))];
    put(&server, &[&[&stop[..], &[("status", s("REJECT"))]].concat()]).await;
    let plain = "?code=example-key&to=%2B13155550100";
    assert!(server.ask("POST", plain).1.contains("stop-all"));
    put(&server, &[&[&stop[..], &[("status", s("REJCT"))]].concat()]).await;
    std::thread::sleep(Duration::from_millis(50));
    assert!(server.ask("POST", plain).1.contains("stop-all"));
    let html = page(&server, &[("to", "+13155550100")]);
    let text = read(section(&html, "try"));
    assert!(text.contains("stop-all * 200 decides `status`: \"REJCT\" is not a status"), "{text}");
    assert!(text.contains("this process uses its last version that could be read"), "{text}");
    let text = read(section(&html, "rules"));
    assert!(text.contains("1 rule is invalid") && !text.contains("decides nothing"), "{text}");
}

#[test]
fn the_page_is_on_loopback_can_be_off_and_does_not_stop_the_hook() {
    let folder = TempDir::new().unwrap();
    let none = |arguments: &[&str]| {
        let mut command = precall(folder.path());
        command.args(["serve", "--listen", "127.0.0.1:0", "--dynamodb-listen", "127.0.0.1:0"]).args(arguments);
        command.env("PRECALL_AUTH", "none").output().unwrap()
    };
    for (page, wanted) in [
        ("0.0.0.0:9001", "loopback only, such as 127.0.0.1:9001"),
        ("[::]:0", "loopback only"),
        ("10.1.2.3:9001", "loopback only"),
        ("99999", "write an address and a port, such as 127.0.0.1:9001, a port alone, or off"),
        ("on", "or off"),
    ] {
        let output = none(&["--page", page]);
        assert_eq!(output.status.code(), Some(2), "{page}");
        assert!(stderr(&output).contains(wanted), "{page}: {}", stderr(&output));
    }
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = none(&["--page", &address]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains(&format!("the page cannot listen on {address}")), "{}", stderr(&output));

    let mut off = precall(folder.path());
    off.args(["serve", "--listen", "127.0.0.1:0", "--dynamodb-listen", "127.0.0.1:0", "--page", "off"]);
    let server = Server::of(off.env("PRECALL_AUTH", "none"));
    assert!(!server.printed.contains("Page:"), "{}", server.printed);
    drop(server);

    // The default address is taken, by this test or by another program: the hook reports it and starts.
    let _taken = TcpListener::bind("127.0.0.1:9001");
    let mut usual = precall(folder.path());
    usual.args(["serve", "--listen", "127.0.0.1:0", "--dynamodb-listen", "127.0.0.1:0"]);
    let server = Server::of(usual.env("PRECALL_AUTH", "none"));
    let text = "the page cannot listen on 127.0.0.1:9001";
    assert!(server.printed.contains(text) && server.printed.contains("or --page off"), "{}", server.printed);
    assert_eq!(server.ask("POST", "?to=%2B13155550101").1, r#"{"status":"PROCEED"}"#);
}

/// Returns the class of each tile, by place.
fn tiles(html: &str) -> BTreeMap<String, String> {
    html.split("<a class=\"")
        .filter_map(|tile| {
            let (class, rest) = tile.split_once("\" id=\"tile-")?;
            Some((rest.split_once('"')?.0.to_owned(), class.to_owned()))
        })
        .collect()
}

/// Returns the class and the text of the grid's cells, by row.
fn grid(html: &str) -> Vec<Vec<(String, String)>> {
    let (_, grid) = html.split_once("<table class=\"grid\"").unwrap();
    grid.split("<th scope=\"row\">")
        .skip(1)
        .map(|row| {
            let cell = |cell: &str| {
                let (class, rest) = cell.split_once('"').unwrap();
                let text = rest.split_once('>').unwrap().1.split("</td>").next().unwrap();
                (class.trim_end_matches(" now").to_owned(), read(text))
            };
            row.split("<td class=\"").skip(1).map(cell).collect()
        })
        .collect()
}

/// Returns one number of each group that a place's area codes and exchanges distinguish, by the data files.
fn numbers_of(place: &str) -> Vec<Number> {
    let codes =
        include_str!("../../precall/data/nanp.csv").lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
    let codes = codes.filter(|row| row[1] == "geographic" && row[2].split('|').any(|own| own == place));
    let codes: BTreeSet<String> = codes.map(|row| row[0].to_owned()).collect();
    let exchanges =
        include_str!("../../precall/data/exchanges.csv").lines().skip(1).map(|line| line.split(',').next().unwrap());
    let exchanges =
        exchanges.filter(|prefix| prefix.len() == 7 && prefix.starts_with('1') && codes.contains(&prefix[1..4]));
    let mut kinds = BTreeSet::new();
    let numbers =
        codes.iter().map(|code| format!("+1{code}0000000")).chain(exchanges.map(|prefix| format!("+{prefix}0000")));
    numbers
        .map(|number| Number::from_typed(&number).unwrap())
        .filter(|number| kinds.insert((place::place(number).codes().to_vec(), place::zones(number).names())))
        .collect()
}

fn is_lawful(number: &Number, laws: &[Law], at: Timestamp) -> bool {
    let zones: Vec<TimeZone> = place::zones(number).names().iter().map(|name| TimeZone::get(name).unwrap()).collect();
    laws.iter().all(|law| CallingHours::embedded().is_lawful(*law, place::place(number).codes(), &zones, at))
}

fn class_of(lawful: &[bool]) -> &'static str {
    match (lawful.iter().all(|lawful| *lawful), lawful.iter().any(|lawful| *lawful)) {
        (true, _) => "lawful",
        (_, true) => "partly",
        _ => "unlawful",
    }
}

#[test]
fn the_map_agrees_with_the_engine_for_each_group_of_numbers() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &["--example"], &[]);
    let mut seen = BTreeSet::new();
    for at in [
        "2026-11-26T01:30:00Z",
        "2026-12-01T13:30:00Z",
        "2026-12-06T15:30:00Z",
        "2026-12-25T17:15:00Z",
        "2027-03-14T07:30:00Z",
        "2027-07-02T20:00:00Z",
    ] {
        let instant: Timestamp = at.parse().unwrap();
        for (about, us, ca) in [
            ("sales", &[Law::Us][..], &[Law::Ca][..]),
            ("automated", &[Law::UsAutomated], &[Law::CaAutomated]),
            ("debt", &[Law::UsDebt], &[Law::CaDebt]),
            ("debt-automated", &[Law::UsDebtAutomated], &[]),
        ] {
            let tiles = tiles(&page(&server, &[("to", "+13155550100"), ("at", at), ("about", about)]));
            assert_eq!(tiles.len(), 69);
            for (place, class) in tiles {
                let laws = if place.starts_with("CA-") { ca } else { us };
                let numbers = numbers_of(&place);
                assert!(!numbers.is_empty(), "{place}");
                let lawful: Vec<bool> = numbers.iter().map(|number| is_lawful(number, laws, instant)).collect();
                let wanted = if laws.is_empty() { "no-law" } else { class_of(&lawful) };
                assert_eq!(class, wanted, "{place} {about} {at}");
                seen.insert(class);
            }
        }
    }
    assert_eq!(seen.len(), 4, "{seen:?}");
}

#[test]
fn every_hour_of_the_grid_agrees_with_the_engine_for_its_minutes() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &["--example"], &[]);
    let mut seen = BTreeSet::new();
    for (place, zone, at) in [
        ("US-AZ", "America/Phoenix", "2026-12-01T13:30:00Z"),
        ("US-FL", "America/New_York", "2026-10-29T13:30:00Z"),
        ("US-TX", "America/Chicago", "2027-03-12T13:30:00Z"),
        ("CA-NL", "America/St_Johns", "2026-12-23T13:30:00Z"),
        ("US-AL", "America/Chicago", "2026-11-24T23:30:00Z"),
    ] {
        let html = page(&server, &[("to", "+13155550100"), ("at", at), ("place", place)]);
        assert!(read(&html).contains(&format!("7 days by the clock of {zone}")), "{place}: {}", read(&html));
        let laws = if place.starts_with("CA-") { [Law::Ca] } else { [Law::Us] };
        let numbers = numbers_of(place);
        let zone = TimeZone::get(zone).unwrap();
        let mut date = zone.to_datetime(at.parse().unwrap()).date();
        let rows = grid(&html);
        assert_eq!(rows.len(), 7);
        for row in rows {
            assert_eq!(row.len(), 24, "{place} {date}");
            for (hour, (class, _)) in row.iter().enumerate() {
                // All minutes that the clock shows as this hour; a day may have 25 hours.
                let midnight = date.to_zoned(zone.clone()).unwrap().timestamp();
                let minutes = (0..25 * 60).map(|minute| midnight + SignedDuration::from_mins(minute));
                let shown = |at: &Timestamp| {
                    let local = zone.to_datetime(*at);
                    local.date() == date && local.hour() == hour as i8
                };
                let minutes: Vec<Timestamp> = minutes.filter(shown).collect();
                let lawful: Vec<bool> =
                    minutes.iter().flat_map(|at| numbers.iter().map(|number| is_lawful(number, &laws, *at))).collect();
                let wanted = if minutes.is_empty() { "skipped" } else { class_of(&lawful) };
                assert_eq!(class, wanted, "{place} {date} {hour}");
                seen.insert(class.clone());
            }
            date = date.tomorrow().unwrap();
        }
    }
    assert_eq!(seen.len(), 4, "{seen:?}");
}

/// A number in the capital, such as its government's, has the place's clock.
#[test]
fn the_clock_of_a_place_is_its_capitals() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &["--example"], &[]);
    let capitals = BTreeMap::from([
        ("CA-BC", "+12503870000"),
        ("CA-NL", "+17097290000"),
        ("CA-NT", "+18677670000"),
        ("CA-NU", "+18679750000"),
        ("CA-ON", "+14163260000"),
        ("CA-QC", "+14186430000"),
        ("CA-SK", "+13067870000"),
        ("CA-YT", "+18676670000"),
        ("US-AK", "+19074650000"),
        ("US-AL", "+13342420000"),
        ("US-AZ", "+16025420000"),
        ("US-FL", "+18504880000"),
        ("US-ID", "+12083340000"),
        ("US-IN", "+13172320000"),
        ("US-KS", "+17852960000"),
        ("US-KY", "+15025640000"),
        ("US-MI", "+15173730000"),
        ("US-ND", "+17013280000"),
        ("US-NE", "+14024710000"),
        ("US-NV", "+17756840000"),
        ("US-OR", "+15039860000"),
        ("US-SD", "+16057730000"),
        ("US-TN", "+16157410000"),
        ("US-TX", "+15124630000"),
    ]);
    for place in tiles(&page(&server, &[])).into_keys() {
        let text = read(&get(&server, &format!("/hours?place={place}")).1);
        let (_, clock) = text.split_once("7 days by the clock of ").unwrap_or_else(|| panic!("{place}: {text}"));
        let clock = clock.split(':').next().unwrap();
        let numbers = match capitals.get(place.as_str()) {
            Some(number) => vec![Number::from_typed(number).unwrap()],
            None => numbers_of(&place),
        };
        for number in numbers {
            assert!(place::place(&number).codes().contains(&place.as_str()), "{place} {number}");
            let zones = place::zones(&number).names();
            // Whitehorse has the same local time as Vancouver.
            let shows = |zone: &str, at: &str| TimeZone::get(zone).unwrap().to_datetime(at.parse().unwrap());
            let is_alike = |zone: &str, at: &str| shows(zone, at) == shows(clock, at);
            let alike = |zone: &&&str| ["2027-01-15T00:00Z", "2027-07-15T00:00Z"].iter().all(|at| is_alike(zone, at));
            assert!(zones.iter().any(|zone| alike(&zone)), "{place} {number} {clock}: {zones:?}");
            assert!(zones.len() == 1 || capitals.contains_key(place.as_str()), "{place} has several clocks: {zones:?}");
        }
    }
}

#[test]
fn the_grid_of_the_whole_map_counts_its_places() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &["--example"], &[]);
    let at = "2026-12-01T13:30:00Z";
    let html = page(&server, &[("to", "+13155550100"), ("at", at), ("zone", "UTC")]);
    // Windows begin at quarters of an hour, so an hour's count is that of the tiles at all of its quarters.
    let counts: Vec<usize> = grid(&html)[0].iter().map(|(_, count)| count.parse().unwrap()).collect();
    for hour in [4, 13, 14, 17, 23] {
        let lawful = |minute: u32| -> BTreeSet<String> {
            let at = format!("2026-12-01T{hour:02}:{minute:02}:00Z");
            let tiles = tiles(&page(&server, &[("to", "+13155550100"), ("at", &at)]));
            tiles.into_iter().filter(|(_, class)| class == "lawful").map(|(place, _)| place).collect()
        };
        let all = (0..60).step_by(15).map(lawful).reduce(|all, next| &all & &next).unwrap();
        assert_eq!(counts[hour], all.len(), "{hour}");
    }
    assert!(counts.iter().collect::<BTreeSet<_>>().len() > 5, "{counts:?}");
}

#[tokio::test]
async fn the_operators_own_rows_are_on_the_map() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &["--example"], &[("PRECALL_RULES_FRESH_MS", "1")]);
    let parameters = [("to", "+13155550100"), ("at", "2026-12-01T15:30:00Z"), ("place", "US-NY")];
    let before = page(&server, &parameters);
    assert_eq!(tiles(&before)["US-NY"], "lawful");
    let own = [("calling_hours", s("us")), ("places", s("US-NY")), ("hours", s("11:00-12:00"))];
    put(&server, &[&[&[("number", s("*")), ("rule", s("our-ny"))][..], &own].concat()]).await;
    let after = page(&server, &parameters);
    assert_eq!(tiles(&after)["US-NY"], "unlawful");
    assert!(read(&after).contains("US-NY: 11:00-12:00 (rule `our-ny`)"), "{}", read(&after));
    // A row that begins in two days counts in two days, on the grid and for `precall hours`.
    let later = [("number", s("*")), ("rule", s("our-co")), ("starts_at", s("2026-12-03T00:00:00-07:00"))];
    let hours = [("calling_hours", s("us")), ("places", s("US-CO")), ("hours", s("11:00-12:00"))];
    put(&server, &[&[&later[..], &hours].concat()]).await;
    let html = page(&server, &[("to", "+13155550100"), ("at", "2026-12-01T16:30:00Z"), ("place", "US-CO")]);
    let lawful: Vec<usize> =
        grid(&html).iter().map(|row| row.iter().filter(|(class, _)| class == "lawful").count()).collect();
    assert_eq!(lawful, [13, 13, 1, 1, 1, 1, 1]);
    let url = format!("http://{}", server.dynamodb);
    let to = ["hours", "--dynamodb", &url, "--to", "+13035550100", "--json", "--at"];
    for (at, open, change) in [
        ("2026-12-03T03:30:00Z", true, "2026-12-03T04:00:00Z"),
        ("2026-12-03T04:30:00Z", false, "2026-12-03T18:00:00Z"),
    ] {
        let hours: serde_json::Value =
            serde_json::from_str(&stdout(&run(folder.path(), &[&to[..], &[at]].concat()))).unwrap();
        let law = &hours["laws"][0];
        assert_eq!(law["lawful"], open, "{hours:#}");
        assert_eq!(law[if open { "open_until" } else { "next_open" }], change, "{hours:#}");
    }
    // A place where calling is always lawful has no end.
    let always = [("calling_hours", s("us")), ("places", s("US, US-NH")), ("hours", s("00:00-24:00"))];
    put(&server, &[&[&[("number", s("*")), ("rule", s("night-and-day"))][..], &always].concat()]).await;
    let html = page(&server, &[("to", "+13155550100"), ("at", "2026-12-01T16:30:00Z")]);
    assert!(html.contains("aria-label=\"New Hampshire: may be called\""), "{}", read(&html));
    let part = get(&server, "/hours?place=US-NY").1;
    assert!(read(&part).contains("US-NY: 11:00-12:00 (rule `our-ny`)") && !part.contains("<html"), "{part}");
}
