//! The choices for the map and the grid.

use super::parameters::{CLOCKS, PageParameters};
use super::place_hours::CallPurpose;
use super::tiles::MAP_TILES;

/// The choices in the page's address. An unknown value counts as none.
#[derive(Debug, Clone, Copy)]
pub struct HoursQuery<'p> {
    /// The kind of calls.
    pub purpose: CallPurpose,
    /// The code of the chosen place.
    pub place: Option<&'p str>,
    /// The time zone of the grid.
    pub zone: Option<&'p str>,
}

impl<'p> HoursQuery<'p> {
    /// Reads the choices.
    pub fn of(parameters: &'p PageParameters) -> Self {
        let purpose = parameters.get("about");
        let place = parameters.get("place");
        Self {
            purpose: CallPurpose::ALL.into_iter().find(|own| purpose == Some(own.name())).unwrap_or_default(),
            place: place.filter(|place| MAP_TILES.iter().any(|tile| tile.0 == *place)),
            zone: parameters.get("zone").filter(|zone| CLOCKS.contains(zone)),
        }
    }
}
