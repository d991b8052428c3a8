//! Power cuts: what was answered with 2xx is there afterwards.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::operators::{check_answered, post_until};
use crate::support::app::{App, Mode, PROJECTED, Setup};
use crate::support::facts::unique;
use crate::support::in_both_modes;
use crate::support::process::eventually;

in_both_modes!(a_kill_under_load_loses_nothing_that_was_answered);

fn a_kill_under_load_loses_nothing_that_was_answered(mode: Mode) {
    let app = Setup::new(mode).start();
    for round in 1..=3 {
        let group = unique("killed");
        let answered = load_until_killed(&app, &group, round * 40);
        app.launch_all();
        check_answered(&app, &group, &answered);
    }
    app.stop_all();
}

/// Posts until so many leads are projected, then kills what writes, in the middle of it.
fn load_until_killed(app: &App, group: &str, projected: usize) -> std::collections::BTreeSet<String> {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let load = scope.spawn(|| post_until(app, group, &over));
        eventually("load", PROJECTED, || {
            (app.leads(&format!("group={group}&limit=200")).len() > projected).then_some(())
        });
        for name in app.names().iter().filter(|name| *name != "batea-query") {
            app.kill(name);
        }
        over.store(true, Ordering::Relaxed);
        load.join().unwrap()
    })
}
