//! Tables with aligned columns.

use std::io::{Result, Write, stdout};

use crate::end::plain::plain;

/// Prints rows below their headings, each column as wide as its widest cell.
pub(crate) fn print<const N: usize>(headings: [&str; N], rows: &[[String; N]]) -> Result<()> {
    let headings = headings.map(str::to_owned);
    let rows: Vec<[String; N]> = rows
        .iter()
        .map(|row| row.each_ref().map(|cell| plain(cell)))
        .collect();
    let mut widths = headings.each_ref().map(|cell| cell.chars().count());
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let rule = widths.map(|width| "-".repeat(width));
    let mut out = stdout().lock();
    for row in [&headings, &rule].into_iter().chain(&rows) {
        let cells = row.iter().zip(widths);
        let line: String = cells
            .map(|(cell, width)| format!("  {cell:<width$}"))
            .collect();
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}
