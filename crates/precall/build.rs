//! Converts the tables of `data/`, which people read and edit: the calling hours to JSON, and the tables of numbers to sorted
//! arrays, which the program does not need to parse when it starts.

#![expect(
    clippy::disallowed_methods,
    reason = "the build script reads the tables of `data/`; the engine itself reads no file"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=data");
    let out = env::var("OUT_DIR")?;
    let table: serde_json::Value = toml::from_str(&fs::read_to_string("data/calling-hours.toml")?)?;
    fs::write(Path::new(&out).join("calling-hours.json"), table.to_string())?;
    fs::write(Path::new(&out).join("numbers.rs"), numbers()? + &numbering_date()?)?;
    Ok(())
}

/// Lists of names. Each list is stored once, and its position identifies it.
#[derive(Default)]
struct Sets {
    places: BTreeMap<Vec<String>, usize>,
    lists: Vec<Vec<String>>,
}

impl Sets {
    fn place(&mut self, list: Vec<String>) -> usize {
        let Self { places, lists } = self;
        *places.entry(list.clone()).or_insert_with(|| {
            lists.push(list);
            lists.len() - 1
        })
    }
}

/// Returns the date of the tables of numbers, as a constant.
fn numbering_date() -> Outcome<String> {
    let file: toml::Table = fs::read_to_string("data/numbering.toml")?.parse()?;
    let date = file.get("data_date").and_then(toml::Value::as_str).ok_or("data/numbering.toml: no `data_date`")?;
    let parts = date.split('-').map(str::parse).collect::<Result<Vec<i16>, _>>()?;
    let [year, month, day] = parts.as_slice() else {
        return Err(format!("data/numbering.toml: {date:?} is not a date; write one such as 2026-11-28").into());
    };
    Ok(format!("pub(crate) const DATA_DATE: jiff::civil::Date = jiff::civil::date({year}, {month}, {day});\n"))
}

/// The territories of the US with area codes, as `US_TERRITORIES` of `src/place/country.rs` has them.
const TERRITORIES: [&str; 5] = ["AS", "GU", "MP", "PR", "VI"];

/// Places and zones that are assumed for numbers without a place.
#[derive(Default)]
struct Assumed {
    us_zones: BTreeSet<String>,
    us_and_canada_zones: BTreeSet<String>,
    anywhere: BTreeSet<String>,
    anywhere_zones: BTreeSet<String>,
}

impl Assumed {
    fn add(&mut self, places: &[String], zones: &[String]) {
        let is_in = |country: &str| places.iter().any(|place| place.starts_with(country));
        let is_state_or_province = is_in("US-") || is_in("CA-");
        if is_in("US-") {
            self.us_zones.extend(zones.iter().cloned());
        }
        if is_state_or_province {
            self.us_and_canada_zones.extend(zones.iter().cloned());
        }
        if is_state_or_province || places.iter().any(|place| TERRITORIES.contains(&place.as_str())) {
            self.anywhere.extend(places.iter().cloned());
            self.anywhere_zones.extend(zones.iter().cloned());
        }
    }

    fn write(&self, code: &mut String) -> Outcome<()> {
        for (name, names) in [
            ("US_ZONES", &self.us_zones),
            ("US_AND_CANADA_ZONES", &self.us_and_canada_zones),
            ("ANYWHERE", &self.anywhere),
            ("ANYWHERE_ZONES", &self.anywhere_zones),
        ] {
            writeln!(code, "pub(crate) static {name}: &[&str] = &{:?};", names.iter().collect::<Vec<_>>())?;
        }
        Ok(())
    }
}

fn numbers() -> Outcome<String> {
    let mut sets = Sets::default();
    let (mut area_codes, mut areas) = (BTreeMap::new(), BTreeMap::new());
    let mut assumed = Assumed::default();
    for [code, kind, places, zones] in rows("data/nanp.csv")? {
        let (places, zones) = (split(&places), split(&zones));
        assumed.add(&places, &zones);
        areas.insert(code.clone(), zones.clone());
        let row = format!("({}, {}, {})", variant(&kind), sets.place(places), sets.place(zones));
        area_codes.insert(key(&code)?, row);
    }
    let (mut exchanges, mut prefixes) = (BTreeMap::new(), BTreeMap::new());
    for [prefix, zones, ..] in rows("data/prefix-zones.csv")? {
        prefixes.insert(key(&prefix)?, sets.place(split(&zones)).to_string());
    }
    for [prefix, zones, ..] in rows("data/exchanges.csv")? {
        let mut zones = split(&zones);
        let key = key(&prefix)?;
        let area = prefix.strip_prefix('1').and_then(|national| national.get(..3)).unwrap_or_default();
        let whole = areas.get(area).ok_or_else(|| format!("{prefix}: no area code {area}"))?;
        // If the exchange has a zone that its area code does not have, all zones count.
        if !zones.iter().all(|zone| whole.contains(zone)) {
            zones.extend(whole.iter().cloned());
            zones.sort();
            zones.dedup();
        }
        exchanges.insert(key, sets.place(zones).to_string());
    }
    let mut countries = BTreeMap::new();
    for [prefix, kind, places, _] in rows("data/countries.csv")? {
        countries.insert(key(&prefix)?, format!("({}, {})", variant(&kind), sets.place(split(&places))));
    }
    let places: BTreeMap<String, String> =
        rows("data/places.csv")?.into_iter().map(|[code, name, ..]| (code, name)).collect();

    let mut code = String::new();
    table(&mut code, "AREA_CODES", "(Kind, u16, u16)", &area_codes)?;
    table(&mut code, "EXCHANGES", "u16", &exchanges)?;
    table(&mut code, "PREFIX_ZONES", "u16", &prefixes)?;
    table(&mut code, "COUNTRIES", "(Kind, u16)", &countries)?;
    writeln!(code, "pub(crate) static PLACES: &[(&str, &str)] = &{:?};", places.iter().collect::<Vec<_>>())?;
    assumed.write(&mut code)?;
    let lists: Vec<String> = sets.lists.iter().map(|list| format!("&{list:?}")).collect();
    writeln!(code, "pub(crate) static SETS: &[&[&str]] = &[{}];", lists.join(", "))?;
    Ok(code)
}

fn table(code: &mut String, name: &str, kind: &str, rows: &BTreeMap<u32, String>) -> Outcome<()> {
    let rows: Vec<String> = rows.iter().map(|(key, row)| format!("({key}, {row})")).collect();
    Ok(writeln!(code, "pub(crate) static {name}: &[(u32, {kind})] = &[{}];", rows.join(", "))?)
}

/// Returns the fields of each line except the header. A line with fewer than four fields gets empty ones.
fn rows(file: &str) -> Outcome<Vec<[String; 4]>> {
    let text = fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
    let row = |line: &str| {
        let mut fields = line.split(',').map(str::to_owned);
        std::array::from_fn(|_| fields.next().unwrap_or_default())
    };
    Ok(text.lines().skip(1).map(row).collect())
}

fn split(text: &str) -> Vec<String> {
    text.split('|').filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Returns `Kind::TollFree` for `toll-free`.
fn variant(kind: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
    };
    format!("Kind::{}", kind.split('-').map(word).collect::<String>())
}

/// Returns digits as one number, as `key` of `src/place/tables.rs` does. A leading 1 keeps `0` and `00` apart.
fn key(digits: &str) -> Outcome<u32> {
    Ok(format!("1{digits}").parse().map_err(|_| format!("{digits:?} is not a prefix"))?)
}
