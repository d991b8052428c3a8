//! Every path of this service, once: what is registered, and what the contract must describe.

use actix_web::{Route, web};

use crate::docs_page::{self, get_docs, get_openapi};
use crate::get_campaign::get_campaign;
use crate::get_campaigns::get_campaigns;
use crate::get_changes::get_changes;
use crate::get_follow_up_stats::get_follow_up_stats;
use crate::get_follow_ups::get_follow_ups;
use crate::get_funnel::get_funnel;
use crate::get_history::get_history;
use crate::get_lead::get_lead;
use crate::get_policy::{get_policies, get_policy};
use crate::get_score::get_score;
use crate::get_segments::{get_segment, list_segments};
use crate::get_timeline::get_timeline;
use crate::list_leads::list_leads;
use crate::simulate::simulate;
use crate::state::{QueryState, Reads};

/// A path, and its one method with its handler.
type PathRoute = (&'static str, fn() -> Route);

/// All of them are GET, but for the simulation, which is given a policy and writes nothing either.
pub(crate) const ROUTES: [PathRoute; 18] = [
    ("/v1/leads", || web::get().to(list_leads)),
    ("/v1/leads/{id}", || web::get().to(get_lead)),
    ("/v1/leads/{id}/timeline", || web::get().to(get_timeline)),
    ("/v1/leads/{id}/history", || web::get().to(get_history)),
    ("/v1/leads/{id}/score", || web::get().to(get_score)),
    ("/v1/follow-ups", || web::get().to(get_follow_ups)),
    ("/v1/follow-ups/stats", || web::get().to(get_follow_up_stats)),
    ("/v1/funnel", || web::get().to(get_funnel)),
    ("/v1/campaigns", || web::get().to(get_campaigns)),
    ("/v1/campaigns/{id}", || web::get().to(get_campaign)),
    ("/v1/changes", || web::get().to(get_changes)),
    ("/v1/policy", || web::get().to(get_policies)),
    ("/v1/policy/simulations", || web::post().to(simulate)),
    ("/v1/policy/{version}", || web::get().to(get_policy)),
    ("/v1/segments", || web::get().to(list_segments)),
    ("/v1/segments/{name}", || web::get().to(get_segment)),
    ("/openapi.json", || web::get().to(get_openapi)),
    ("/docs", || web::get().to(get_docs)),
];

/// Registers the service in an app.
pub fn configure(state: QueryState) -> impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static {
    let reads = web::Data::new(Reads::new(state));
    move |config| {
        reads.state.keys.configure(config);
        config.app_data(reads.clone());
        for (path, route) in ROUTES {
            config.service(web::resource(path).route(route()));
        }
        docs_page::configure(config);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::ROUTES;

    #[test]
    fn the_contract_describes_the_paths_that_are_registered_and_no_others() {
        let contract = crate::openapi();
        let described: BTreeSet<&str> = contract.paths.paths.keys().map(String::as_str).collect();
        let registered: BTreeSet<&str> = ROUTES.iter().map(|(path, _)| *path).collect();
        assert_eq!(described, registered);
    }
}
