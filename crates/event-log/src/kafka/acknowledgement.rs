//! One acknowledgement per request, counted down by the delivery reports of its records.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

use crate::{AppendError, Position};

/// What a request waits for.
pub(super) type Answer = Result<Position, AppendError>;

/// Shared by the records of one request.
#[derive(Debug)]
pub(super) struct Acknowledgement(Mutex<Pending>);

#[derive(Debug)]
struct Pending {
    missing: usize,
    position: Position,
    /// Until it is answered.
    answer: Option<oneshot::Sender<Answer>>,
}

impl Acknowledgement {
    /// For a request of so many records, at least one.
    pub(super) fn of(records: usize) -> (Arc<Self>, oneshot::Receiver<Answer>) {
        let (answer, answered) = oneshot::channel();
        let pending = Pending { missing: records, position: Position::default(), answer: Some(answer) };
        (Arc::new(Self(Mutex::new(pending))), answered)
    }

    /// One of its records is durable; the last one answers the request.
    pub(super) fn delivered(&self, partition: i32, offset: i64) {
        let mut pending = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pending.position.cover(partition, offset);
        pending.missing = pending.missing.saturating_sub(1);
        if pending.missing == 0 {
            let position = std::mem::take(&mut pending.position);
            pending.tell(Ok(position));
        }
    }

    /// One of its records is not durable, or may not be: so is the request.
    pub(super) fn failed(&self, reason: String) {
        let mut pending = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pending.tell(Err(AppendError::Unavailable(reason)));
    }
}

impl Pending {
    fn tell(&mut self, answer: Answer) {
        let told = self.answer.take().map(|waiting| waiting.send(answer));
        if let Some(Err(_late)) = told {
            tracing::debug!("a request did not wait for its acknowledgement");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_record_answers_with_a_position_behind_all() {
        let (acknowledgement, mut answered) = Acknowledgement::of(3);
        acknowledgement.delivered(0, 61);
        acknowledgement.delivered(3, 43);
        assert!(answered.try_recv().is_err());
        acknowledgement.delivered(0, 60);
        assert_eq!(
            answered.try_recv().unwrap().map(|position| position.to_string()),
            Ok("0-62.3-44".to_owned())
        );
    }

    #[test]
    fn the_first_failure_answers_at_once_and_finally() {
        let (acknowledgement, mut answered) = Acknowledgement::of(2);
        acknowledgement.failed("first".to_owned());
        acknowledgement.failed("second".to_owned());
        acknowledgement.delivered(0, 1);
        assert_eq!(answered.try_recv(), Ok(Err(AppendError::Unavailable("first".to_owned()))));
    }
}
