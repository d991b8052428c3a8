//! Requests as bytes, made before the clock runs; only the serial numbers of their facts are written when one is sent.

use crate::corpus::{Body, SERIAL_DIGITS};

/// A request ready to be sent.
#[derive(Debug)]
struct Request {
    bytes: Vec<u8>,
    serials_at: Vec<usize>,
}

/// The requests of a run, sent round and round; every fact that is sent gets a serial number of its own.
#[derive(Debug)]
pub(crate) struct Requests {
    all: Vec<Request>,
    next: usize,
    serial: u64,
    per_request: u64,
}

impl Requests {
    /// One request per fact (`batch` 1: an object), or per `batch` facts (an array).
    pub(crate) fn new(corpus: &[Body], batch: usize, key: &str) -> Self {
        let all = corpus.chunks_exact(batch.max(1)).map(|facts| Request::new(facts, batch, key)).collect();
        Self { all, next: 0, serial: 0, per_request: batch.max(1) as u64 }
    }

    /// How many facts a request has.
    pub(crate) const fn facts_per_request(&self) -> u64 {
        self.per_request
    }

    /// Writes the next request into `out`.
    pub(crate) fn write_next(&mut self, out: &mut Vec<u8>) {
        let Some(request) = self.all.get(self.next) else { return };
        out.extend_from_slice(&request.bytes);
        let begin = out.len() - request.bytes.len();
        for at in &request.serials_at {
            write_serial(&mut out[begin + at..begin + at + SERIAL_DIGITS], self.serial);
            self.serial += 1;
        }
        self.next = (self.next + 1) % self.all.len();
    }
}

impl Request {
    fn new(facts: &[Body], batch: usize, key: &str) -> Self {
        let (mut body, mut serials_at) = (String::new(), Vec::with_capacity(facts.len()));
        for fact in facts {
            body.push_str(if batch <= 1 {
                ""
            } else if body.is_empty() {
                "["
            } else {
                ","
            });
            serials_at.push(body.len() + fact.serial_at);
            body.push_str(&fact.text);
        }
        body.push_str(if batch <= 1 { "" } else { "]" });
        let head = format!(
            "POST /v1/events HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        serials_at.iter_mut().for_each(|at| *at += head.len());
        Self { bytes: [head.as_bytes(), body.as_bytes()].concat(), serials_at }
    }
}

fn write_serial(digits: &mut [u8], serial: u64) {
    let mut rest = serial;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::{Leads, Recipe};

    fn sent(batch: usize, requests: usize) -> Vec<u64> {
        let recipe = Recipe { facts: 4, bytes: 300, leads: 2, spread: Leads::Zipf, dated: false };
        let mut all = Requests::new(&recipe.make().unwrap(), batch, "key");
        let mut serials = Vec::new();
        for _ in 0..requests {
            let mut out = Vec::new();
            all.write_next(&mut out);
            let text = String::from_utf8(out).unwrap();
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            assert!(head.contains(&format!("Content-Length: {}", body.len())));
            let json: serde_json::Value = serde_json::from_str(body).unwrap();
            let facts = if let serde_json::Value::Array(facts) = json { facts } else { vec![json] };
            let serial = |fact: &serde_json::Value| {
                fact["id"].as_str().unwrap().trim_start_matches("b-").parse::<u64>().unwrap()
            };
            serials.extend(facts.iter().map(serial));
        }
        serials
    }

    #[test]
    fn every_fact_that_is_sent_has_a_serial_number_of_its_own() {
        assert_eq!(sent(1, 6), [0, 1, 2, 3, 4, 5]);
        assert_eq!(sent(2, 3), [0, 1, 2, 3, 4, 5]);
    }
}
