//! Repeated requests while the origin counts.

use super::Prober;
use crate::model::{Ask, Witnessed};
use crate::shell::Sink;
use crate::shell::witness::{Reading, Witness};
use crate::verify::Observations;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// So long the origin is watched before: what it counts then is its usual traffic. So long it has afterwards to write its count down:
/// servers write logs at once unless they are told to gather them.
const REST: Duration = Duration::from_secs(1);

/// Asks, and reads the count before and afterwards; asks nothing when there is none.
pub(super) async fn visit(
    prober: &Prober<'_>,
    witness: &Witness,
    asks: BTreeSet<Ask>,
    sink: Sink<'_>,
) -> (Observations, Result<Witnessed, String>) {
    let first = match witness.read().await {
        Ok(first) => first,
        Err(why) => return (Observations::new(), Err(why)),
    };
    let watched = Instant::now();
    sleep(REST).await;
    let before = witness.read().await;
    let rest = watched.elapsed();
    let began = Instant::now();
    let seen = prober.ask(asks, sink).await;
    sleep(REST).await;
    let after = witness.read().await;
    let told = before.and_then(|before| {
        let counted = between(before, after?)?;
        #[expect(clippy::cast_precision_loss, reason = "fewer requests than 2^52")]
        let usual = between(first, before)? as f64 / rest.as_secs_f64() * began.elapsed().as_secs_f64();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "never negative, and a cast saturates"
        )]
        Ok(Witnessed { by: witness.words().to_owned(), counted, usual: usual.ceil() as u64 })
    });
    (seen, told)
}

/// What others asked between two readings.
fn between(from: Reading, to: Reading) -> Result<u64, String> {
    let more = to.count.checked_sub(from.count).and_then(|more| more.checked_sub(to.own));
    more.ok_or_else(|| "the count went down: the origin was restarted meanwhile, or there are several".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_that_counts_itself_is_not_taken_for_a_visit() {
        let at = |count, own| Reading { count, own };
        assert_eq!(between(at(5, 0), at(9, 0)), Ok(4));
        assert_eq!(between(at(5, 1), at(9, 1)), Ok(3));
        between(at(5, 1), at(5, 1)).unwrap_err();
        between(at(9, 0), at(5, 0)).unwrap_err();
    }
}
