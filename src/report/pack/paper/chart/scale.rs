//! The scale of a chart: from zero to its values, in steps of 1, 2 or 5 times a power of ten.

/// Steps of a scale, at most.
const STEPS: i128 = 5;

pub(crate) struct Scale {
    step: i64,
    lowest: i64,
    highest: i64,
    top: i64,
    bottom: i64,
}

impl Scale {
    /// `None` when there is nothing but zeros.
    pub(crate) fn of(values: impl Iterator<Item = i64> + Clone, (top, bottom): (i64, i64)) -> Option<Self> {
        let highest = values.clone().max().unwrap_or(0).max(0);
        let lowest = values.min().unwrap_or(0).min(0);
        let range = i128::from(highest) - i128::from(lowest);
        if range == 0 {
            return None;
        }
        let step = steps().find(|step| (range + i128::from(*step) - 1) / i128::from(*step) <= STEPS)?;
        // Both ends are whole steps; at the ends of 64 bits they are the ends.
        let up = highest.div_euclid(step).saturating_add(i64::from(highest.rem_euclid(step) > 0));
        let (highest, lowest) = (up.saturating_mul(step), lowest.div_euclid(step).saturating_mul(step));
        Some(Self { step, lowest, highest, top, bottom })
    }

    /// From the lowest to the highest.
    pub(crate) fn steps(&self) -> impl Iterator<Item = i64> {
        let (step, highest) = (self.step, self.highest);
        std::iter::successors(Some(self.lowest), move |at| at.checked_add(step).filter(|next| *next <= highest))
    }

    /// How far down a value stands.
    pub(crate) fn place(&self, value: i64) -> i64 {
        let (highest, lowest) = (i128::from(self.highest), i128::from(self.lowest));
        let down = (highest - i128::from(value)) * i128::from(self.bottom - self.top) / (highest - lowest).max(1);
        self.top + i64::try_from(down).unwrap_or(0)
    }
}

/// 1, 2, 5, 10, 20, 50, …
fn steps() -> impl Iterator<Item = i64> {
    (0..19_u32)
        .filter_map(|power| 10_i64.checked_pow(power))
        .flat_map(|power| [1, 2, 5].into_iter().filter_map(move |factor| power.checked_mul(factor)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scale(values: &[i64]) -> Option<Vec<i64>> {
        Scale::of(values.iter().copied(), (0, 100)).map(|scale| scale.steps().collect())
    }

    #[test]
    fn steps_are_round_and_hold_every_value() {
        assert_eq!(scale(&[0, 0]), None);
        assert_eq!(scale(&[]), None);
        assert_eq!(scale(&[1]), Some(vec![0, 1]));
        assert_eq!(scale(&[98_700, 12_000]), Some(vec![0, 20_000, 40_000, 60_000, 80_000, 100_000]));
        assert_eq!(scale(&[30_000, -4_500]), Some(vec![-10_000, 0, 10_000, 20_000, 30_000]));
        assert_eq!(scale(&[-7]), Some(vec![-8, -6, -4, -2, 0]));
        for values in [vec![i64::MAX], vec![i64::MIN], vec![i64::MIN, i64::MAX]] {
            assert!(scale(&values).is_some(), "{values:?}");
        }
    }

    #[test]
    fn the_highest_is_at_the_top_and_zero_on_its_line() {
        let scale = Scale::of([1_000, -1_000].into_iter(), (10, 110)).unwrap();
        assert_eq!([1_000, 0, -1_000].map(|value| scale.place(value)), [10, 60, 110]);
    }
}
