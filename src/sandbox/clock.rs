//! Time as the sandbox sees it: milliseconds since the Unix epoch.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Where the sandbox takes the time from.
#[derive(Clone, Copy, Debug, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// tokio's clock, which a test can pause and which then jumps from timer to timer.
    Tokio {
        /// What the time is when the sandbox is made.
        start: SystemTime,
    },
}

/// A clock that has been started.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Running {
    System,
    Tokio { start: SystemTime, origin: tokio::time::Instant },
}

impl Clock {
    pub(crate) fn run(self) -> Running {
        match self {
            Clock::System => Running::System,
            Clock::Tokio { start } => Running::Tokio { start, origin: tokio::time::Instant::now() },
        }
    }
}

impl Running {
    /// The time now, in milliseconds since the epoch.
    pub(crate) fn now(self) -> i64 {
        let time = match self {
            Running::System => SystemTime::now(),
            Running::Tokio { start, origin } => {
                start + tokio::time::Instant::now().saturating_duration_since(origin)
            }
        };
        let elapsed = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX)
    }
}

/// Year, month, day, hour, minute, second of a time in UTC.
fn civil(millis: i64) -> (i64, i64, i64, i64, i64, i64) {
    let seconds = millis.div_euclid(1000);
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Days since 0000-03-01 in eras of 400 years, so that the leap day is the last of its year.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day, rest / 3600, rest % 3600 / 60, rest % 60)
}

/// `2024-12-20T09:30:00Z`, as IAM and STS write it.
pub(crate) fn iso_seconds(millis: i64) -> String {
    let (year, month, day, hour, minute, second) = civil(millis);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// `2024-12-20T09:30:00.123Z`, as the log writes it.
pub(crate) fn iso_millis(millis: i64) -> String {
    let (year, month, day, hour, minute, second) = civil(millis);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", millis.rem_euclid(1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn civil_dates() {
        assert_eq!(iso_seconds(0), "1970-01-01T00:00:00Z");
        assert_eq!(iso_millis(1_709_164_800_123), "2024-02-29T00:00:00.123Z");
        assert_eq!(iso_seconds(951_827_696_000), "2000-02-29T12:34:56Z");
    }

    #[tokio::test(start_paused = true)]
    async fn tokio_time_is_virtual() {
        let clock = Clock::Tokio { start: UNIX_EPOCH + Duration::from_secs(100) }.run();
        assert_eq!(clock.now(), 100_000);
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(clock.now(), 160_000);
    }
}
