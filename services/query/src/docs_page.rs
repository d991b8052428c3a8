//! `GET /docs` and `GET /openapi.json`: the contract, for people and for programs. Nothing of it comes from elsewhere.

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::web::{self, Data};
use actix_web::{HttpResponse, HttpResponseBuilder};

use crate::state::Reads;

/// Scripts and styles only from here, no inline script, no frames, no plugins, nothing sent elsewhere. Swagger UI sets
/// inline styles and has its icons as `data:` images.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A file of the page.
struct Asset {
    path: &'static str,
    content_type: &'static str,
    gzipped: bool,
    bytes: &'static [u8],
}

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";

/// What the page loads.
const ASSETS: [Asset; 5] = [
    Asset {
        path: "/docs/docs.js",
        content_type: JAVASCRIPT,
        gzipped: false,
        bytes: include_bytes!("../assets/docs.js"),
    },
    Asset {
        path: "/docs/docs.css",
        content_type: CSS,
        gzipped: false,
        bytes: include_bytes!("../assets/docs.css"),
    },
    Asset {
        path: "/docs/icon.svg",
        content_type: "image/svg+xml",
        gzipped: false,
        bytes: include_bytes!("../assets/icon.svg"),
    },
    Asset {
        path: "/docs/swagger-ui-bundle.js",
        content_type: JAVASCRIPT,
        gzipped: true,
        bytes: include_bytes!("../assets/swagger-ui/swagger-ui-bundle.js.gz"),
    },
    Asset {
        path: "/docs/swagger-ui.css",
        content_type: CSS,
        gzipped: true,
        bytes: include_bytes!("../assets/swagger-ui/swagger-ui.css.gz"),
    },
];

/// Registers the files that the page loads.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    for asset in &ASSETS {
        config.service(web::resource(asset.path).route(web::get().to(move || async move { asset.answer() })));
    }
}

impl Asset {
    fn answer(&self) -> HttpResponse {
        let mut answer = safe(self.content_type);
        answer.insert_header((CACHE_CONTROL, "public, max-age=3600"));
        if self.gzipped {
            answer.insert_header((CONTENT_ENCODING, "gzip"));
        }
        answer.body(self.bytes)
    }
}

fn safe(content_type: &str) -> HttpResponseBuilder {
    let mut answer = HttpResponse::Ok();
    answer
        .insert_header((CONTENT_TYPE, content_type))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((CONTENT_SECURITY_POLICY, POLICY));
    answer
}

/// The contract as a page
///
/// Shows `/openapi.json` and lets one try it out. All of the page comes from this server.
#[utoipa::path(
    get,
    path = "/docs",
    operation_id = "get_docs",
    tag = "Contract",
    security(()),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html"))
)]
pub(crate) async fn get_docs() -> HttpResponse {
    safe("text/html; charset=utf-8").body(include_str!("../assets/docs.html"))
}

/// The contract as OpenAPI 3.1
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "get_openapi",
    tag = "Contract",
    security(()),
    responses((status = 200, description = "The document.", body = Object, content_type = "application/json"))
)]
pub(crate) async fn get_openapi(reads: Data<Reads>) -> HttpResponse {
    safe("application/json").insert_header((CACHE_CONTROL, "no-cache")).body(reads.state.document.to_string())
}
