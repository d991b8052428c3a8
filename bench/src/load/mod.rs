//! The load generator: raw HTTP/1.1 over keep-alive connections, on one thread.

mod connection;
mod tally;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::{Events, Poll, Token};

use crate::Outcome;
use crate::pause::pause;
use crate::request::Requests;
use connection::Connection;
pub(crate) use tally::{Latency, Tally};

/// How long answers are awaited after the last request.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two looks at the schedule of an open loop.
const NAP: Duration = Duration::from_micros(50);
const TICK: Duration = Duration::from_millis(5);

/// When requests start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Pace {
    /// Each connection sends its next request when its last one was answered.
    Closed,
    /// So many per second, whatever the answers do; latencies count from the intended start.
    Open(f64),
}

/// A run of the generator.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// Who is asked.
    pub(crate) address: SocketAddr,
    /// How many connections are open.
    pub(crate) connections: usize,
    /// When requests start.
    pub(crate) pace: Pace,
    /// Not measured.
    pub(crate) warm_up: Duration,
    /// Measured.
    pub(crate) measure: Duration,
}

impl Load {
    /// Sends requests, and calls `edge` at the beginning and at the end of the measured time.
    ///
    /// # Errors
    /// When a connection breaks or an answer cannot be read. Refusals and lost answers are counted, not errors.
    pub(crate) fn run(&self, requests: &mut Requests, edge: impl FnMut()) -> Outcome<Tally> {
        let poll = Poll::new()?;
        let open = |token| Connection::open(self.address, poll.registry(), Token(token));
        let connections = (0..self.connections).map(open).collect::<Result<Vec<_>, _>>()?;
        let begin = Instant::now();
        let run = Run {
            free: (0..self.connections).collect(),
            connections,
            schedule: Schedule::new(self.pace, begin),
            from: begin + self.warm_up,
            until: begin + self.warm_up + self.measure,
            tally: Tally::new(requests.facts_per_request())?,
            requests,
            edge,
        };
        run.until_answered(poll)
    }
}

/// Intended starts.
struct Schedule {
    gap: Option<Duration>,
    next: Instant,
}

impl Schedule {
    fn new(pace: Pace, begin: Instant) -> Self {
        let gap = match pace {
            Pace::Closed => None,
            Pace::Open(per_second) => Some(Duration::from_secs_f64(1.0 / per_second.max(0.001))),
        };
        Self { gap, next: begin }
    }

    /// The intended start of the next request, if it is due.
    fn take(&mut self, now: Instant) -> Option<Instant> {
        let Some(gap) = self.gap else { return Some(now) };
        let due = self.next;
        (due <= now).then(|| {
            self.next = due + gap;
            due
        })
    }
}

struct Run<'r, E> {
    connections: Vec<Connection>,
    free: VecDeque<usize>,
    schedule: Schedule,
    from: Instant,
    until: Instant,
    tally: Tally,
    requests: &'r mut Requests,
    edge: E,
}

impl<E: FnMut()> Run<'_, E> {
    fn until_answered(mut self, mut poll: Poll) -> Outcome<Tally> {
        let mut events = Events::with_capacity(1024);
        while !self.finished(Instant::now()) {
            self.send_due()?;
            self.wait(&mut poll, &mut events)?;
            for event in &events {
                self.serve(event)?;
            }
            self.look_at_the_clock();
        }
        self.tally.lost =
            self.connections.iter().filter(|connection| connection.started.is_some()).count() as u64;
        Ok(self.tally)
    }

    fn finished(&self, now: Instant) -> bool {
        now >= self.until && (self.free.len() == self.connections.len() || now >= self.until + PATIENCE)
    }

    /// Starts what is due on free connections; what finds none starts late, and its latency tells.
    fn send_due(&mut self) -> Outcome<()> {
        while let Some(index) = self.free.front().copied() {
            let now = Instant::now();
            if now >= self.until {
                return Ok(());
            }
            let Some(started) = self.schedule.take(now) else { return Ok(()) };
            self.free.pop_front();
            let requests = &mut *self.requests;
            self.connections[index].send(started, |out| requests.write_next(out))?;
        }
        Ok(())
    }

    fn wait(&mut self, poll: &mut Poll, events: &mut Events) -> Outcome<()> {
        let idle = if self.schedule.gap.is_some() { Duration::ZERO } else { TICK };
        match poll.poll(events, Some(idle)) {
            Err(error) if error.kind() != std::io::ErrorKind::Interrupted => return Err(error.into()),
            Ok(()) | Err(_) => {}
        }
        if self.schedule.gap.is_some() && events.is_empty() {
            pause(NAP);
        }
        Ok(())
    }

    fn serve(&mut self, event: &mio::event::Event) -> Outcome<()> {
        let index = event.token().0;
        let connection = &mut self.connections[index];
        if event.is_writable() {
            connection.flush()?;
        }
        if !event.is_readable() {
            return Ok(());
        }
        if let Some((status, started)) = connection.receive()? {
            let now = Instant::now();
            self.tally.count(status, now - started, now >= self.from && now < self.until);
            self.free.push_back(index);
        }
        Ok(())
    }

    fn look_at_the_clock(&mut self) {
        let now = Instant::now();
        let due = match self.tally.edges {
            (None, _) => now >= self.from,
            (_, None) => now >= self.until,
            (Some(_), Some(_)) => false,
        };
        if due {
            (self.edge)();
            self.tally.edge(now);
        }
    }
}
