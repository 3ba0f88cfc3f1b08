//! Plots for the documentation.

use std::path::Path;

use plotters::prelude::*;

/// A line of a plot.
pub(super) struct Line {
    pub(super) name: String,
    pub(super) points: Vec<(f64, f64)>,
}

/// Title and axes of a plot.
pub(super) struct Frame<'a> {
    pub(super) title: &'a str,
    pub(super) x: &'a str,
    pub(super) y: &'a str,
    /// Limits of the y axis.
    pub(super) range: (f64, f64),
}

const COLORS: [RGBColor; 5] = [
    RGBColor(31, 90, 160),
    RGBColor(200, 80, 30),
    RGBColor(40, 130, 70),
    RGBColor(130, 60, 150),
    RGBColor(110, 110, 110),
];

/// Plots lines with a mark at each point; both axes are logarithmic.
pub(super) fn growth(file: &Path, frame: &Frame<'_>, lines: &[Line]) -> anyhow::Result<()> {
    let root = SVGBackend::new(file, (940, 400)).into_drawing_area();
    root.fill(&WHITE)?;
    // The legend is beside the plot, because it would hide lines inside.
    let (plot, names) = root.split_horizontally(720);
    let (low, high) = frame.range;
    let mut chart = ChartBuilder::on(&plot)
        .caption(frame.title, ("sans-serif", 16))
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(80)
        .build_cartesian_2d((700.0..1_500_000.0).log_scale(), (low..high).log_scale())?;
    chart
        .configure_mesh()
        .x_desc(frame.x)
        .y_desc(frame.y)
        .x_label_formatter(&|x| crate::interleaved::short(*x))
        .y_label_formatter(&|y| crate::interleaved::short(*y))
        .light_line_style(TRANSPARENT)
        .draw()?;
    for ((line, color), y) in lines.iter().zip(COLORS).zip((50..).step_by(24)) {
        let wide = color.stroke_width(2);
        chart.draw_series(LineSeries::new(line.points.iter().copied(), wide))?;
        chart
            .draw_series(line.points.iter().map(|point| Circle::new(*point, 3, color.filled())))?;
        names.draw(&PathElement::new([(0, y), (18, y)], wide))?;
        names.draw(&Text::new(&*line.name, (26, y - 6), ("sans-serif", 13)))?;
    }
    root.present()?;
    Ok(())
}

/// Plots points; both axes are linear.
pub(super) fn scatter(file: &Path, frame: &Frame<'_>, points: &[(f64, f64)]) -> anyhow::Result<()> {
    let root = SVGBackend::new(file, (760, 320)).into_drawing_area();
    root.fill(&WHITE)?;
    let last = points.last().map_or(1.0, |point| point.0);
    let (low, high) = frame.range;
    let mut chart = ChartBuilder::on(&root)
        .caption(frame.title, ("sans-serif", 16))
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(60)
        .build_cartesian_2d(0.0..last, low..high)?;
    chart
        .configure_mesh()
        .x_desc(frame.x)
        .y_desc(frame.y)
        .x_label_formatter(&|x| format!("{x:.0}"))
        .light_line_style(TRANSPARENT)
        .draw()?;
    chart.draw_series(points.iter().map(|point| Circle::new(*point, 2, COLORS[0].filled())))?;
    root.present()?;
    Ok(())
}
