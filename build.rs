//! Turns `data/calling-hours.toml`, which people read, into JSON, which the program reads.

use std::error::Error;
use std::{env, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=data/calling-hours.toml");
    let table: serde_json::Value = toml::from_str(&fs::read_to_string("data/calling-hours.toml")?)?;
    let out = env::var("OUT_DIR")?;
    fs::write(Path::new(&out).join("calling-hours.json"), table.to_string())?;
    Ok(())
}
