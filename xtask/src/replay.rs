//! `cargo xtask replay`: posts a file of facts to a fresh instance, and tells what became of them.
//!
//! Rows are a function of the set of facts, so every way to replay one file must print the same hash.

mod facts;
mod figures;
mod http;
mod instance;

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use crate::shell::{self, Outcome};
use facts::{Order, Position};
use instance::Instance;

pub(crate) const HELP: &str = "\
cargo xtask replay FILE[.gz] [OPTIONS]: facts, one per line as POST /v1/events takes them, to a fresh instance

  --mode embedded|distributed           one process, or services on Kafka and PostgreSQL [embedded]
  --order given|shuffled|backwards      of the lines [given]
  --seed N                              of the shuffling [1]
  --piece N                             lines of one request [1000]
  --twice                               post all of it a second time, which must add nothing
  --restart                             stop and start everything in the middle
  --clock INSTANT                       at which the instance's clock starts [2012-03-15T00:00:00Z]
  --config FILE                         a batea.yaml for the instance
  --as-of INSTANT                       print figures as of this instant; may be given several times
  --out FILE                            keep all rows as canonical JSON lines
  --debug                               build without optimisation: sooner to start, slower to run
";

/// What was asked for.
#[derive(Debug)]
pub(crate) struct Wanted {
    file: PathBuf,
    distributed: bool,
    order: Order,
    piece: usize,
    twice: bool,
    restart: bool,
    clock: String,
    config: Option<PathBuf>,
    as_of: Vec<String>,
    out: Option<PathBuf>,
    debug: bool,
}

pub(crate) fn run(words: &[&str]) -> Outcome {
    if words.is_empty() || words.contains(&"--help") {
        println!("{HELP}");
        return Ok(());
    }
    let wanted = Wanted::read(words)?;
    let lines = facts::read(&wanted.file, wanted.order)?;
    println!("{} facts", lines.len());
    let mut instance = Instance::start(&wanted)?;
    post(&mut instance, &lines, &wanted)?;
    let folder = instance.folder().to_path_buf();
    figures::print_as_of(&instance, &wanted.as_of)?;
    let rows = instance.rows()?;
    figures::print(&rows)?;
    let kept = wanted.out.unwrap_or_else(|| folder.join("rows.ndjson"));
    fs::write(&kept, rows)?;
    print!("{}", shell::output(std::process::Command::new("sha256sum").arg(&kept))?);
    Ok(())
}

/// Posts everything, and waits until all of it is in the rows.
fn post(instance: &mut Instance, lines: &[String], wanted: &Wanted) -> Outcome {
    let start = Instant::now();
    let rounds = if wanted.twice { 2 } else { 1 };
    let pieces = lines.chunks(wanted.piece).count() * rounds;
    let mut position = Position::default();
    for (number, piece) in
        std::iter::repeat_n(lines, rounds).flat_map(|lines| lines.chunks(wanted.piece)).enumerate()
    {
        if wanted.restart && number == pieces / 2 {
            instance.restart()?;
        }
        position.add(&instance.post(piece)?)?;
    }
    let posted = start.elapsed();
    instance.wait_for(&position.to_string())?;
    println!(
        "{} facts in {pieces} requests, posted after {:.1} s, in the rows after {:.1} s",
        lines.len() * rounds,
        posted.as_secs_f64(),
        start.elapsed().as_secs_f64()
    );
    Ok(())
}

impl Wanted {
    fn read(words: &[&str]) -> Outcome<Self> {
        let mut wanted = Self {
            file: PathBuf::new(),
            distributed: false,
            order: Order::Given,
            piece: 1_000,
            twice: false,
            restart: false,
            clock: "2012-03-15T00:00:00Z".to_owned(),
            config: None,
            as_of: Vec::new(),
            out: None,
            debug: false,
        };
        let (mut seed, mut words) = (1, words.iter().copied());
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
            match word {
                "--mode" => wanted.distributed = one_of(value()?, ["embedded", "distributed"])? == 1,
                "--order" => wanted.order = Order::named(value()?)?,
                "--seed" => seed = value()?.parse()?,
                "--piece" => wanted.piece = value()?.parse::<usize>()?.clamp(1, 1_000),
                "--twice" => wanted.twice = true,
                "--restart" => wanted.restart = true,
                "--clock" => wanted.clock = value()?.to_owned(),
                "--config" => wanted.config = Some(fs::canonicalize(value()?)?),
                "--as-of" => wanted.as_of.push(value()?.to_owned()),
                "--out" => wanted.out = Some(value()?.into()),
                "--debug" => wanted.debug = true,
                option if option.starts_with('-') => {
                    return Err(format!("no such option: {option}\n\n{HELP}").into());
                }
                file => wanted.file = file.into(),
            }
        }
        wanted.order = wanted.order.with_seed(seed);
        Ok(wanted)
    }
}

fn one_of<const N: usize>(given: &str, known: [&str; N]) -> Outcome<usize> {
    let place = known.iter().position(|one| *one == given);
    place.ok_or_else(|| format!("`{given}` is none of {}", known.join(", ")).into())
}
