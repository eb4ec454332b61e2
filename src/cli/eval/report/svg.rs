//! Charts as inline SVG: two axes from 0 to 1, lines, dots and a legend. Colours come from classes.

use std::fmt::Write;

use super::super::super::render::palette::escape;

/// A line of a chart, or dots.
pub struct Series {
    /// What it is, for the legend.
    pub name: String,
    /// The class that gives its colour.
    pub class: &'static str,
    pub points: Vec<(f64, f64)>,
    /// Dots of these radii instead of a plain line.
    pub radii: Option<Vec<f64>>,
}

impl Series {
    pub fn line(name: &str, class: &'static str, points: Vec<(f64, f64)>) -> Series {
        Series { name: name.to_string(), class, points, radii: None }
    }
}

/// Pixels of the plane between the axes, and around it.
const SIZE: (f64, f64) = (300.0, 220.0);
const LEFT: f64 = 48.0;
const TOP: f64 = 12.0;

/// A chart with a title and names of its axes.
pub fn chart(title: &str, x: &str, y: &str, series: &[Series]) -> String {
    let (width, height) = SIZE;
    let (right, bottom) = (LEFT + width, TOP + height);
    let mut out = String::new();
    let _ = writeln!(
        out,
        "<figure class=\"chart\"><figcaption>{title}</figcaption>\n\
         <svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{title}: {}\">",
        right + 12.0,
        bottom + 40.0,
        escape(&told(series)),
        title = escape(title),
    );
    for tick in 0..=4 {
        let share = f64::from(tick) / 4.0;
        let (tx, ty) = place((share, share));
        let _ = writeln!(
            out,
            "<path class=\"grid\" d=\"M{LEFT} {ty:.1}H{right}M{tx:.1} {TOP}V{bottom}\"/>\
             <text x=\"{tx:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{share}</text>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{share}</text>",
            bottom + 14.0,
            LEFT - 6.0,
            ty + 4.0,
        );
    }
    let _ = writeln!(
        out,
        "<text class=\"axis\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\
         <text class=\"axis\" transform=\"translate(10 {:.1}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
        LEFT + width / 2.0,
        bottom + 32.0,
        escape(x),
        TOP + height / 2.0,
        escape(y),
    );
    for Series { class, points, radii, .. } in series {
        let mut path = String::new();
        for (n, &point) in points.iter().enumerate() {
            let (px, py) = place(point);
            let _ = write!(path, "{}{px:.1} {py:.1}", if n == 0 { 'M' } else { 'L' });
        }
        let _ = writeln!(out, "<path class=\"line {class}\" d=\"{path}\"/>");
        for (&point, radius) in points.iter().zip(radii.iter().flatten()) {
            let (px, py) = place(point);
            let _ = write!(
                out,
                "<circle class=\"dot {class}\" cx=\"{px:.1}\" cy=\"{py:.1}\" r=\"{radius:.1}\"/>"
            );
        }
    }
    out.push_str("</svg>\n<p class=\"key\">");
    for Series { name, class, .. } in series.iter().filter(|series| !series.name.is_empty()) {
        let _ = write!(out, "<span><i class=\"{class}\"></i>{}</span>", escape(name));
    }
    out.push_str("</p></figure>\n");
    out
}

/// A point in the picture; what is out of it is moved to its edge.
fn place((x, y): (f64, f64)) -> (f64, f64) {
    let within = |share: f64| if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    (LEFT + within(x) * SIZE.0, TOP + (1.0 - within(y)) * SIZE.1)
}

/// The lines in words, for those who do not see them.
fn told(series: &[Series]) -> String {
    let named = series.iter().filter(|series| !series.name.is_empty());
    let told = named.map(|series| {
        let points = &series.points;
        let some = [0, points.len() / 2, points.len().saturating_sub(1)];
        let some = some.iter().filter_map(|&n| points.get(n));
        let some: Vec<String> = some.map(|(x, y)| format!("{y:.2} at {x:.2}")).collect();
        format!("{} {}", series.name, some.join(", "))
    });
    told.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_where_they_belong() {
        let line = Series::line("a < b", "main", vec![(0.0, 0.0), (0.5, 1.0), (7.0, f64::NAN)]);
        let svg = chart("T", "x", "y", &[line]);
        assert!(svg.contains("d=\"M48.0 232.0L198.0 12.0L348.0 232.0\""), "{svg}");
        assert!(svg.contains("a &lt; b") && !svg.contains("a < b") && !svg.contains("NaN L"));
        assert_eq!(svg.matches("<svg").count(), svg.matches("</svg>").count());
    }
}
