//! Tables and lists of details, for people.

use anstyle::{AnsiColor, Style};
use comfy_table::{Attribute, Cell as TableCell, Color, ContentArrangement, Table};
use comfy_table::{LineStyle, TableStyle};
use serde_json::Value;

use crate::column::Cell;

/// A rule below the headings, and nothing else.
const RULE: TableStyle = TableStyle::new().header_separator(LineStyle::new('─', '─', '─', '─'));

/// Objects, one to a row.
pub(crate) fn table(columns: &[Cell], objects: &[Value], colours: bool) -> String {
    let mut table = Table::new();
    table.load_style(RULE);
    table.set_content_arrangement(ContentArrangement::Disabled);
    match colours {
        true => table.enforce_styling(),
        false => table.force_no_tty(),
    };
    table.set_header(columns.iter().map(|column| {
        let heading = TableCell::new(column.title);
        if colours { heading.add_attribute(Attribute::Bold) } else { heading }
    }));
    for object in objects {
        table.add_row(columns.iter().enumerate().map(|(position, column)| {
            let cell = TableCell::new(column.show(object));
            match position {
                0 if colours => cell.fg(Color::Blue).add_attribute(Attribute::Bold),
                _ => cell,
            }
        }));
    }
    let lines = table.lines().map(|line| line.trim_end().to_owned() + "\n");
    lines.collect()
}

/// One object, a line for each part.
pub(crate) fn details(title: &str, rows: &[Cell], object: &Value, colours: bool) -> String {
    let rows: Vec<_> = rows.iter().map(|row| (row.title, row.show(object))).collect();
    titled(title, &rows, colours)
}

/// A title, and labels with their values below it.
pub(crate) fn titled(title: &str, rows: &[(&str, String)], colours: bool) -> String {
    let bold = Style::new().bold().fg_color(Some(AnsiColor::BrightWhite.into()));
    let mut text = match colours {
        true => format!("=== {bold}{title}{bold:#}\n"),
        false => format!("=== {title}\n"),
    };
    let widest = rows.iter().map(|(label, _)| label.len()).max().unwrap_or(0) + 2;
    for (label, value) in rows {
        // Further lines of a value stand below its first one.
        let value = value.replace('\n', &format!("\n{:widest$}", ""));
        let line = format!("{:widest$}{value}", format!("{label}: "));
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
        let columns = [Cell::at("Name", "/name"), Cell::at("Interval", "/interval")];
        let text = table(&columns, &[json!({"name": "check-cpu", "interval": 60})], false);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "  Name        Interval");
        assert!(lines[1].chars().all(|mark| mark == '─'), "{text}");
        assert_eq!(lines[2..], ["  check-cpu   60"]);
    }

    #[test]
    fn details_are_aligned() {
        let rows = [Cell::at("Name", "/name"), Cell::at("Command", "/command")];
        let text = details("a", &rows, &json!({"name": "a", "command": "x\ny"}), false);
        assert_eq!(text, "=== a\nName:    a\nCommand: x\n         y\n");
    }
}
