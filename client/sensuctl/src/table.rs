//! The `tabular` format: tables of many objects, details of one.

use anstyle::{AnsiColor, Style};
use comfy_table::{Attribute, Cell, Color, ContentArrangement, LineStyle, Table, TableStyle};
use serde_json::Value;

use crate::column::Column;
use crate::escape;

/// A rule below the headings, and no other lines.
const RULE: TableStyle = TableStyle::new().header_separator(LineStyle::new('─', '─', '─', '─'));

/// A table with one row per object.
pub(crate) fn table(columns: &[Column], objects: &[Value], use_colors: bool) -> String {
    let mut table = Table::new();
    table.load_style(RULE);
    table.set_content_arrangement(ContentArrangement::Disabled);
    match use_colors {
        true => table.enforce_styling(),
        false => table.force_no_tty(),
    };
    table.set_header(columns.iter().map(|column| {
        let heading = Cell::new(column.title);
        if use_colors { heading.add_attribute(Attribute::Bold) } else { heading }
    }));
    for object in objects {
        table.add_row(columns.iter().enumerate().map(|(position, column)| {
            let cell = Cell::new(column.text(object));
            match position {
                0 if use_colors => cell.fg(Color::Blue).add_attribute(Attribute::Bold),
                _ => cell,
            }
        }));
    }
    let lines = table.lines().map(|line| line.trim_end().to_owned() + "\n");
    lines.collect()
}

/// A title and one labelled line per row.
pub(crate) fn details(title: &str, rows: &[Column], object: &Value, use_colors: bool) -> String {
    let rows: Vec<_> = rows.iter().map(|row| (row.title, row.text(object))).collect();
    labelled(title, &rows, use_colors)
}

/// A title and one line per label and value, with control characters escaped. Values are aligned, also those
/// with several lines.
pub(crate) fn labelled(title: &str, rows: &[(&str, String)], use_colors: bool) -> String {
    let title = escape::for_terminal(title);
    let bold = Style::new().bold().fg_color(Some(AnsiColor::BrightWhite.into()));
    let mut text = match use_colors {
        true => format!("=== {bold}{title}{bold:#}\n"),
        false => format!("=== {title}\n"),
    };
    let width = rows.iter().map(|(label, _)| label.len()).max().unwrap_or(0) + 2;
    for (label, value) in rows {
        let value = escape::for_terminal(value).replace('\n', &format!("\n{:width$}", ""));
        let line = format!("{:width$}{value}", format!("{label}: "));
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_table_has_a_rule_below_its_headings() {
        let columns = [Column::value("Name", "/name"), Column::value("Interval", "/interval")];
        let text = table(&columns, &[json!({"name": "check-cpu", "interval": 60})], false);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "  Name        Interval");
        assert!(lines[1].chars().all(|mark| mark == '─'), "{text}");
        assert_eq!(lines[2..], ["  check-cpu   60"]);
    }

    #[test]
    fn values_of_details_are_aligned() {
        let rows = [Column::value("Name", "/name"), Column::value("Command", "/command")];
        let text = details("a", &rows, &json!({"name": "a", "command": "x\ny"}), false);
        assert_eq!(text, "=== a\nName:    a\nCommand: x\n         y\n");
    }
}
