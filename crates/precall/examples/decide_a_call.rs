//! Decides one call with two rules. Run it with `cargo run -p precall --example decide_a_call`.

use precall::{Attempts, Call, Number, RuleSet};
use serde_json::json;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let items = json!([
        { "number": "+13155550101", "rule": "dnc", "status": "REJECT", "code": "603", "priority": 100 },
        { "number": "+13155550102", "rule": "moved", "status": "CHANGE_DESTINATION", "code": "+13605550112" },
    ]);
    let rules = RuleSet::from_items(serde_json::from_value::<Vec<_>>(items)?);
    let attempts = Attempts::none();
    for callee in ["+13155550101", "+13155550102", "+13155550103"] {
        let call = Call::new(Number::from_typed(callee)?, "2026-12-01T15:00Z".parse()?);
        match rules.evaluate(&call, &attempts).answer() {
            Ok(answer) => println!("{callee}: {}", answer.to_json()),
            Err(unknown) => println!("{callee}: unknown: {unknown:?}"),
        }
    }
    Ok(())
}
