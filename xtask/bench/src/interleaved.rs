//! Interleaved measurement: subjects take turns, so that a slow period of the machine affects all of them.

use std::fmt::{Display, Formatter};
use std::time::{Duration, Instant};

use async_trait::async_trait;

/// A subject of a measurement: something with a rate.
#[async_trait]
pub(super) trait Subject: Send {
    /// Its name in a table.
    fn name(&self) -> String;

    /// Runs for a time span. Returns the rate per second.
    async fn round(&mut self, span: Duration) -> anyhow::Result<f64>;
}

/// Number and length of rounds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rounds {
    pub(super) count: usize,
    pub(super) span: Duration,
}

/// One figure for each round.
#[derive(Clone, Debug, Default)]
pub(super) struct Figures(Vec<f64>);

/// Runs all subjects in every round, after a warm-up of half a round.
pub(super) async fn interleave(
    rounds: Rounds,
    subjects: &mut [Box<dyn Subject>],
) -> anyhow::Result<Vec<Figures>> {
    let mut figures = vec![Figures::default(); subjects.len()];
    for subject in &mut *subjects {
        subject.round(rounds.span / 2).await?;
    }
    for _ in 0..rounds.count {
        for (subject, figures) in subjects.iter_mut().zip(&mut figures) {
            figures.0.push(subject.round(rounds.span).await?);
        }
    }
    Ok(figures)
}

/// A rate from a count.
#[expect(clippy::cast_precision_loss, reason = "rates are approximate")]
pub(super) fn per_second(count: usize, began: Instant) -> f64 {
    count as f64 / began.elapsed().as_secs_f64()
}

impl Figures {
    /// The ratio to other figures, round by round.
    pub(super) fn over(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(ours, theirs)| ours / theirs).collect())
    }

    pub(super) fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
    }

    /// The inverse of each figure: seconds instead of a rate per second.
    pub(super) fn inverse(&self) -> Self {
        Self(self.0.iter().map(|rate| rate.recip()).collect())
    }

    /// Each figure multiplied by a factor.
    pub(super) fn times(&self, factor: f64) -> Self {
        Self(self.0.iter().map(|figure| figure * factor).collect())
    }
}

impl From<Vec<f64>> for Figures {
    fn from(figures: Vec<f64>) -> Self {
        Self(figures)
    }
}

/// `28,100 (26,900 to 28,400)`: the median, the lowest and the highest.
impl Display for Figures {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let low = self.0.iter().copied().fold(f64::INFINITY, f64::min);
        let high = self.0.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let text = format!("{} ({} to {})", short(self.median()), short(low), short(high));
        f.pad(&text)
    }
}

/// Three significant digits, with commas between thousands.
pub(super) fn short(figure: f64) -> String {
    if !figure.is_finite() {
        return figure.to_string();
    }
    if figure < 1.0 {
        return format!("{figure:.3}");
    }
    if figure < 100.0 {
        return format!("{figure:.1}");
    }
    let magnitude = 10_f64.powf((figure.log10().floor() - 2.0).max(0.0));
    let mut digits = format!("{:.0}", (figure / magnitude).round() * magnitude);
    let mut at = digits.len();
    while at > 3 {
        at -= 3;
        digits.insert(at, ',');
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_displayed_as_median_and_range() {
        let figures = Figures::from(vec![28_123.0, 26_944.0, 28_449.0]);
        assert_eq!(figures.to_string(), "28,100 (26,900 to 28,400)");
        assert_eq!(short(0.123_4), "0.123");
        assert_eq!(short(7.26), "7.3");
        assert_eq!(short(1_234_567.0), "1,230,000");
    }

    #[test]
    fn ratios_are_taken_round_by_round() {
        let (ours, theirs) = (Figures::from(vec![10.0, 30.0]), Figures::from(vec![5.0, 10.0]));
        assert_eq!(ours.over(&theirs).to_string(), "3.0 (2.0 to 3.0)");
    }
}
