//! Generates random rulebooks and calls that favour edge cases: edges of windows, clock changes, holidays, numbers in two
//! places, ties.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Case, Typed};

/// Sebastiano Vigna's splitmix64.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize].clone()
    }
}

const CALLEES: [&str; 19] = [
    "+12085550123",
    "+12082155550",
    "+12125550123",
    "+13055550123",
    "+18505550123",
    "+12055550123",
    "+16015550123",
    "+14015550123",
    "+18005550123",
    "+19005550123",
    "+19025550123",
    "+16045550123",
    "+17095550123",
    "+17875550123",
    "+18765550123",
    "+442079460123",
    "+870776712345",
    "911",
    "+19995550123",
];
const CALLERS: [&str; 4] = ["+12025550100", "+14155550100", "+12125550123", "+442079460999"];

/// Days on which something differs from the day before.
const DAYS: [&str; 18] = [
    "2026-11-24",
    "2026-11-21",
    "2026-11-22",
    "2026-11-25",
    "2026-11-26",
    "2026-11-01",
    "2026-03-08",
    "2026-07-03",
    "2026-12-25",
    "2026-10-17",
    "2026-10-18",
    "2027-03-14",
    "2026-06-14",
    "2029-02-02",
    "2026-12-24",
    "2026-12-31",
    "2027-01-02",
    "2028-02-29",
];
const OFFSETS: [&str; 9] = ["-10:00", "-08:00", "-07:00", "-06:00", "-05:00", "-04:00", "-03:30", "+00:00", "+01:00"];
const TIMES: [&str; 16] = [
    "00:00:00", "01:30:00", "02:30:00", "06:00:00", "08:00:00", "09:00:00", "10:00:00", "12:00:00", "13:00:00",
    "17:00:00", "18:00:00", "19:00:00", "20:00:00", "21:00:00", "21:30:00", "22:00:00",
];
const ZONES: [&str; 6] =
    ["America/New_York", "America/Denver", "America/Los_Angeles", "Europe/London", "Pacific/Honolulu", "UTC"];

fn instant(dice: &mut Dice) -> Timestamp {
    let text = format!("{}T{}{}", dice.pick(&DAYS), dice.pick(&TIMES), dice.pick(&OFFSETS));
    let at: Timestamp = text.parse().unwrap();
    match dice.below(4) {
        0 => at - SignedDuration::from_secs(1),
        1 => at + SignedDuration::from_secs(dice.below(7_200) as i64),
        _ => at,
    }
}

pub fn case(dice: &mut Dice) -> Case {
    let at = instant(dice);
    let to = dice.pick(&CALLEES).to_owned();
    let from = (!dice.one_in(6)).then(|| dice.pick(&CALLERS).to_owned());
    let client = (!dice.one_in(4)).then(|| dice.pick(&["vendor", "second"]).to_owned());
    // A possible target of redirects, so that targets sometimes have their own items.
    let other = dice.pick(&CALLEES[..17]).to_owned();
    let mut items: Vec<Typed> = Vec::new();
    let partitions = [Some("*".to_owned()), Some(to.clone()), from.clone(), Some(other.clone())];
    for (partition, most) in partitions.into_iter().zip([6, 5, 3, 3]) {
        let Some(partition) =
            partition.filter(|partition| items.iter().all(|item| item["number"] != partition.as_str()))
        else {
            continue;
        };
        for _ in 0..dice.below(most + 1) {
            let letter = ["a", "b", "c", "d"][dice.below(4) as usize];
            let mut name = format!("{letter}-{}", items.len());
            if partition == "*" && dice.one_in(8) {
                // As the rule of a list for a prefix.
                name = format!("{letter}:+{}*", items.len());
            }
            items.push(item(dice, &partition, &name, at, &other));
        }
    }
    for number in [&to, &other] {
        if dice.one_in(3) {
            items.push(exemption(dice, number, at, &items));
        }
    }
    let mut history = BTreeMap::new();
    let caller = from.clone().unwrap_or_else(|| "-".to_owned());
    for key in [
        ("callee", String::from("-"), to.clone()),
        ("pair", caller.clone(), to.clone()),
        ("caller", caller.clone(), to.clone()),
        ("callee", String::from("-"), other.clone()),
        ("pair", caller.clone(), other.clone()),
    ] {
        if dice.one_in(2) {
            continue;
        }
        let mut ago: Vec<i64> =
            (0..dice.below(5)).map(|_| dice.pick(&[0, 1, 1_800, 1_801, 3_599, 3_600, 86_399, 86_400])).collect();
        ago.sort_unstable();
        let attempts = ago.into_iter().map(|seconds| at - SignedDuration::from_secs(seconds)).collect();
        history.insert((key.0.to_owned(), key.1, key.2), attempts);
    }
    if to == other {
        // The same counter must not occur twice.
        history.retain(|(by, _, callee), _| by == "caller" || *callee == to);
    }
    let mut unread = BTreeSet::new();
    if dice.one_in(4) {
        let keys = [Some("*".to_owned()), Some(to.clone()), from.clone(), Some(other)];
        unread.extend(keys.into_iter().flatten().filter(|_| dice.one_in(2)));
    }
    Case { from, to, client, at, items, history, unread }
}

fn item(dice: &mut Dice, partition: &str, name: &str, at: Timestamp, other: &str) -> Typed {
    let mut item = Typed::new();
    let mut set = |name: &str, value: Value| {
        item.insert(name.to_owned(), value);
    };
    set("number", json!(partition));
    set("rule", json!(name));
    let is_star = partition == "*";
    if dice.one_in(7) {
        // A fact
        if is_star && dice.one_in(2) {
            set(
                "to",
                json!(dice.pick(&["+1208*", "+1212*", "+12085*", "+1999*", "+1999555*,+1601*", "+44*", "+1202*"])),
            );
            set("timezone", json!(if dice.one_in(8) { "America/Nowhere" } else { dice.pick(&ZONES) }));
            if dice.one_in(2) {
                set("places", json!(dice.pick(&["US-CO", "US-FL,US-AL", "CA-BC", "GB", "US-RI"])));
            }
        } else if is_star {
            let law_is_ca = dice.one_in(2);
            set(
                "places",
                json!(dice.pick(if law_is_ca {
                    &["CA", "CA-BC,CA-NS"]
                } else {
                    &["US-FL", "US", "US-AL,US-RI", "PR"]
                })),
            );
            let laws: &[&str] = if law_is_ca {
                &["ca", "ca-debt", "ca-automated"]
            } else {
                &["us", "us-debt", "us-automated", "us-debt-automated"]
            };
            set("calling_hours", json!(dice.pick(laws)));
            set("hours", json!(dice.pick(&["10:00-17:00", "00:00-24:00", "08:00-12:00, 13:00-18:00"])));
            if dice.one_in(3) {
                set("days", json!(dice.pick(&["Mon-Fri", "!Sun", "Sat,Sun"])));
            }
            if dice.one_in(4) {
                set("holidays", json!(dice.pick(&["none", "keep"])));
            }
            if dice.one_in(5) {
                set("timezone", json!(dice.pick(&ZONES)));
            }
        } else {
            let zone = dice.pick(&ZONES);
            let several = format!("{zone}, {}", dice.pick(&ZONES));
            set("timezone", if dice.one_in(4) { json!(several) } else { json!(zone) });
            if dice.one_in(2) {
                set("places", json!(dice.pick(&["US-CO", "US-FL,US-AL", "CA-BC", "GB", "US-RI"])));
            }
            if dice.one_in(3) {
                set("besides", json!(!dice.one_in(4)));
            }
        }
        lifetime(dice, at, &mut set);
        return item;
    }
    let status = dice.pick(&["REJECT", "REJECT", "REJECT", "PROCEED", "PROCEED", "CHANGE_DESTINATION"]);
    set("status", json!(status));
    match status {
        "REJECT" if dice.one_in(2) => set("code", json!(dice.pick(&["603", "480"]))),
        "CHANGE_DESTINATION" => {
            let other = if other.starts_with('+') { other } else { "+12125550123" };
            set(
                "code",
                match dice.below(4) {
                    0 => json!(format!("{other}=3, +13055550199")),
                    1 => json!([format!("{other}=2"), "+13055550199=1"]),
                    _ => json!(other),
                },
            );
        }
        _ => {}
    }
    if !dice.one_in(3) {
        set(
            "priority",
            match dice.pick(&[0, 0, 1, 100]) {
                priority if dice.one_in(2) => json!(priority.to_string()),
                priority => json!(priority),
            },
        );
    }
    if !is_star && !dice.one_in(3) {
        set("side", json!(dice.pick(&["to", "from", "any", "any"])));
    }
    if dice.one_in(4) {
        set(
            "to",
            json!(dice.pick(&[
                "+1*",
                "+1208*",
                "+12*",
                "!+1212*",
                "*",
                "+12125550123",
                "+1208*,+1305*,!+12082*",
                "911"
            ])),
        );
    }
    if dice.one_in(5) {
        set(
            "from",
            json!(dice.pick(&["+1202*", "anonymous", "!anonymous", "+12025550100", "+14*,anonymous", "!+1415*"])),
        );
    }
    if dice.one_in(6) {
        set("clients", json!(dice.pick(&["vendor", "second,vendor", "!vendor", "SECOND"])));
    }
    if dice.one_in(7) {
        set("percent", json!(dice.pick(&["50", "0", "100", "12.5"])));
    }
    if dice.one_in(4) {
        set(
            "places",
            json!(dice.pick(&[
                "US-FL",
                "US-ID,US-FL",
                "US",
                "US-*",
                "CA",
                "CA-*",
                "caribbean",
                "international",
                "premium",
                "toll-free",
                "non-geographic",
                "us-territories",
                "satellite",
                "!US",
                "!caribbean",
                "US,!US-FL",
                "JM",
                "PR",
                "CA-NS",
                "!CA-NS",
            ])),
        );
    }
    let mut clock = false;
    if dice.one_in(3) {
        clock = true;
        set(
            "hours",
            match dice.below(3) {
                0 => json!(["08:00-12:00", "13:00-21:00"]),
                _ => json!(dice.pick(&[
                    "08:00-21:00",
                    "!08:00-21:00",
                    "22:00-06:00",
                    "09:00-17:00,!12:00-13:00",
                    "!22:00-06:00",
                    "02:00-03:00",
                    "00:00-24:00",
                ])),
            },
        );
    }
    if dice.one_in(4) {
        clock = true;
        set("days", json!(dice.pick(&["Mon-Fri", "Sat,Sun", "!Sun", "Fri-Mon", "Thu"])));
    }
    if dice.one_in(4) {
        clock = true;
        set(
            "dates",
            match dice.below(5) {
                0 => json!(["12-25", "2026-11-26..2026-11-27"]),
                _ => json!(dice.pick(&[
                    "11-24",
                    "!11-24",
                    "2026-11-26",
                    "12-24..01-02",
                    "!12-24..01-02",
                    "11-20..11-30,!11-26",
                    "2026-12-24..2027-01-01",
                    "02-29",
                    "02-28..03-08",
                    "11-01,2026-10-17..2026-10-18",
                    "!2026-11-22,!12-25",
                ])),
            },
        );
    }
    if clock && dice.one_in(3) || !is_star && dice.one_in(9) {
        let zone =
            if clock { dice.pick(&["callee", "caller", ZONES[0], ZONES[3], ZONES[4]]) } else { dice.pick(&ZONES) };
        set("timezone", json!(zone));
    }
    // A PROCEED can have neither of them.
    if status != "PROCEED" && dice.one_in(4) {
        let laws = ["us", "us-debt", "us-automated", "us-debt-automated", "ca", "ca-debt", "ca-automated", "us,ca"];
        set("calling_hours", json!(dice.pick(&laws)));
    }
    if status != "PROCEED" && dice.one_in(4) {
        set("max_calls", json!(dice.pick(&[1, 2, 3])));
        set("per", json!(dice.pick(&["30m", "1h", "24h", "1d"])));
        if !dice.one_in(3) {
            set("count_by", json!(dice.pick(&["callee", "pair", "caller"])));
        }
    }
    lifetime(dice, at, &mut set);
    if dice.one_in(10) {
        set("shadow", json!(true));
    }
    if dice.one_in(14) {
        match dice.below(3) {
            0 => set("status", json!("REJCT")),
            1 => set("hours", json!("always")),
            _ => set("priority", json!("high")),
        }
    }
    item
}

/// Returns an exemption of a number from some of the rules, or with a mistake.
fn exemption(dice: &mut Dice, number: &str, at: Timestamp, items: &[Typed]) -> Typed {
    let mut item = Typed::new();
    let mut set = |name: &str, value: Value| {
        item.insert(name.to_owned(), value);
    };
    set("number", json!(number));
    set("rule", json!(format!("x-{}", items.len())));
    let mut names: Vec<String> = vec![dice.pick(&["a", "b", "nothing"]).to_owned()];
    for item in items {
        if dice.one_in(2) {
            continue;
        }
        let name = item["rule"].as_str().unwrap();
        names.push(if dice.one_in(8) { name.to_uppercase() } else { name.to_owned() });
    }
    set("exempt", if dice.one_in(2) { json!(names) } else { json!(names.join(", ")) });
    set("expires_at", json!("never"));
    lifetime(dice, at, &mut set);
    if dice.one_in(4) {
        set("from", json!(dice.pick(&["+1202*", "anonymous", "!anonymous", "+12025550100", "!+1415*"])));
    }
    if dice.one_in(4) {
        set("clients", json!(dice.pick(&["vendor", "second,vendor", "!vendor"])));
    }
    if dice.one_in(8) {
        match dice.below(5) {
            0 => set("hours", json!("09:00-17:00")),
            1 => set("exempt", json!("a, *")),
            2 => set("timezone", json!("UTC")),
            3 => set("status_of", json!("REJECT")),
            _ => set("expires_at", json!("soon")),
        }
    }
    item
}

fn lifetime(dice: &mut Dice, at: Timestamp, set: &mut impl FnMut(&str, Value)) {
    let near = |dice: &mut Dice| {
        let at = at + SignedDuration::from_secs(dice.pick(&[-86_400, -1, 0, 1, 86_400]));
        if dice.one_in(2) {
            json!(at.as_second())
        } else {
            json!(Timestamp::from_second(at.as_second()).unwrap().to_string())
        }
    };
    if dice.one_in(9) {
        set("starts_at", near(dice));
    }
    if dice.one_in(9) {
        set("expires_at", near(dice));
    }
    if dice.one_in(20) {
        set("enabled", json!(dice.pick(&["false", "true", "no"])));
    }
}
