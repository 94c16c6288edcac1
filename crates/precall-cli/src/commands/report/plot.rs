//! Plots as SVG that are readable without colour.

use maud::{Markup, html};
use plotters::backend::SVGBackend;
use plotters::prelude::{
    ChartBuilder, Color, IntoDrawingArea, IntoSegmentedCoord, RGBColor, Rectangle, SegmentValue, WHITE,
};
use plotters::style::{IntoFont, TextStyle};

use super::figures::{STATUSES, StatusCounts};
use super::words::short_statuses;
use crate::counts::grouped;
use crate::failure::Failure;

/// Pixels.
const WIDTH: u32 = 900;
const HEIGHT: u32 = 300;

/// Most labels of the x axis.
const MAX_LABELS: usize = 24;

/// One shade for each status; they differ in lightness, too, for printers without colour.
const SHADES: [RGBColor; STATUSES.len()] = [
    RGBColor(0xb8, 0xd8, 0xba),
    RGBColor(0x1f, 0x4e, 0x79),
    RGBColor(0x7f, 0xa8, 0xc9),
    RGBColor(0xc0, 0x39, 0x2b),
    RGBColor(0x6b, 0x6b, 0x6b),
];

/// Draws one bar for each row, in parts by status.
///
/// # Errors
/// If it cannot be drawn.
pub fn bars(title: &str, rows: &[(String, StatusCounts)]) -> Result<String, Failure> {
    let mut svg = String::new();
    draw(&mut svg, rows)?;
    // Screen readers read the title; the figures are in a table of the page.
    let named = html! { title { (title) } desc { "The figures are in the table below." } }.into_string();
    let open = svg.find('>').map_or(0, |end| end + 1);
    svg.insert_str(open, &named);
    Ok(svg.replacen("<svg ", "<svg role=\"img\" ", 1))
}

fn draw(svg: &mut String, rows: &[(String, StatusCounts)]) -> Result<(), Failure> {
    let highest = rows.iter().map(|(_, counts)| counts.iter().sum::<u64>()).max().unwrap_or_default().max(1);
    let count = rows.len().max(1);
    let area = SVGBackend::with_string(svg, (WIDTH, HEIGHT)).into_drawing_area();
    area.fill(&WHITE)?;
    // An axis with one segment is not drawn right: a single bar gets an empty neighbour.
    let last = u32::try_from(count)?.saturating_sub(1).max(1);
    let mut chart = ChartBuilder::on(&area)
        .margin(8)
        .x_label_area_size(34)
        .y_label_area_size(70)
        .build_cartesian_2d((0..last).into_segmented(), 0..highest + highest / 20 + 1)?;
    let style = TextStyle::from(("sans-serif", 13).into_font());
    let name = |value: &SegmentValue<u32>| match value {
        SegmentValue::CenterOf(nth) => {
            usize::try_from(*nth).ok().and_then(|nth| rows.get(nth)).map(|(name, _)| name.clone()).unwrap_or_default()
        }
        _ => String::new(),
    };
    chart
        .configure_mesh()
        .disable_x_mesh()
        .x_labels(count.min(MAX_LABELS))
        .y_labels(5)
        .x_label_style(style.clone())
        .y_label_style(style)
        .light_line_style(WHITE)
        .x_label_formatter(&name)
        .y_label_formatter(&|count| grouped(*count))
        .draw()?;
    for (status, shade) in SHADES.iter().enumerate() {
        chart
            .draw_series(rows.iter().enumerate().filter_map(|(nth, (_, counts))| part(nth, counts, status, *shade)))?;
    }
    area.present()?;
    Ok(())
}

/// Returns the part of a bar that shows one status; `None` if no call has it.
fn part(
    nth: usize,
    counts: &StatusCounts,
    status: usize,
    shade: RGBColor,
) -> Option<Rectangle<(SegmentValue<u32>, u64)>> {
    let nth = u32::try_from(nth).ok()?;
    let below: u64 = counts.iter().take(status).sum();
    let above = below + counts.get(status)?;
    let corners = [(SegmentValue::Exact(nth), below), (SegmentValue::Exact(nth + 1), above)];
    let mut bar = Rectangle::new(corners, shade.filled());
    bar.set_margin(0, 0, 2, 2);
    (above > below).then_some(bar)
}

/// Returns the key of the shades.
pub fn key() -> Markup {
    html! {
        ul.key {
            @for (status, RGBColor(r, g, b)) in short_statuses().iter().zip(SHADES) {
                li { span.shade style=(format!("background:rgb({r},{g},{b})")) {} (status) }
            }
        }
    }
}
