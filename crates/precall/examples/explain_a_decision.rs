//! Explains a decision, item by item. Run it with `cargo run -p precall --example explain_a_decision`.

use jiff::SignedDuration;
use precall::frequency_cap::CountBy;
use precall::{Attempts, Call, Number, RuleSet};
use serde_json::json;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let items = json!([
        { "number": "*", "rule": "hours", "status": "REJECT", "calling_hours": "us", "priority": 100 },
        { "number": "*", "rule": "three-a-day", "status": "REJECT", "max_calls": 3, "per": "24h" },
        { "number": "+13155550101", "rule": "typo", "status": "REJEKT" },
    ]);
    let rules = RuleSet::from_items(serde_json::from_value::<Vec<_>>(items)?);
    let call = Call::new(Number::from_typed("+13055550100")?, "2026-12-01T20:30-05:00".parse()?);

    // The host keeps the attempts. Here, they are two calls of this morning.
    let earlier = [2, 3].map(|hours| call.at - SignedDuration::from_hours(hours));
    let mut attempts = Attempts::none();
    attempts.insert(CountBy::Callee.counter(None, &call.to), earlier.to_vec());

    let decision = rules.evaluate(&call, &attempts);
    println!("because: {}", decision.because());
    for finding in decision.asked().findings() {
        println!("{}: {}", finding.entry.key().rule, finding.why);
    }
    for reservation in decision.reservations() {
        println!("check and count: {}", reservation.counter);
    }
    Ok(())
}
