//! The one table of our routes: what is registered, and what the OpenAPI document must list.

use actix_web::web::{self, ServiceConfig};

use crate::state::Ingest;
use crate::{events, form};

/// Every route of ingest: method and path, as in the OpenAPI document.
pub const ROUTES: &[(&str, &str)] =
    &[("POST", EVENTS), ("POST", FORM), ("GET", FORM), ("OPTIONS", FORM), ("GET", THANKS)];

pub(crate) const EVENTS: &str = "/v1/events";
pub(crate) const FORM: &str = "/f/{form}";
pub(crate) const THANKS: &str = "/f/{form}/thanks";

/// Adds the routes to an application, with all that their handlers need.
pub fn configure(ingest: Ingest) -> impl Fn(&mut ServiceConfig) + Clone + Send + 'static {
    move |cfg| {
        ingest.keys.configure(cfg);
        cfg.app_data(web::Data::from(ingest.desk.clone()))
            .service(web::resource(EVENTS).route(web::post().to(events::post)))
            .service(
                web::resource(FORM)
                    .route(web::post().to(form::post))
                    .route(web::get().to(form::hosted))
                    .route(web::method(actix_web::http::Method::OPTIONS).to(form::preflight)),
            )
            .service(web::resource(THANKS).route(web::get().to(form::thanks)));
    }
}
