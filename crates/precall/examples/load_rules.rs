//! Reads a file of rules and reports the items that cannot be read.
//! Run it with `cargo run -p precall --example load_rules rules/us-sales.json`.

#![expect(clippy::disallowed_methods, reason = "a program that embeds the engine reads files; the engine does not")]

use precall::rule::{Entry, Item, parse};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1).ok_or("name a file of rules, such as rules/us-sales.json")?;
    let items: Vec<Item> = serde_json::from_str(&std::fs::read_to_string(&file)?)?;
    for item in &items {
        match parse(item) {
            Entry::Rule(rule) => println!("{}: {}, priority {}", rule.key.rule, rule.action.status(), rule.priority),
            Entry::Fact(fact) => println!("{}: {}", fact.key.rule, fact.content),
            Entry::Invalid(invalid) => println!("{}: invalid: {}", invalid.key.rule, invalid.reasons.join("; ")),
        }
    }
    Ok(())
}
